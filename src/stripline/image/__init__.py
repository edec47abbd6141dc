"""One picture in, any variants out."""
