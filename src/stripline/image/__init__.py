"""One picture: probe -> decode -> steps -> encode."""
