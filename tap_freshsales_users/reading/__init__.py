"""One list of one surface, read to its end."""
