"""From pixels to a file's bytes: one file a format, with its settings, defaults and encoder."""
