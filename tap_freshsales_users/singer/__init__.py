"""What the Singer SDK needs."""
