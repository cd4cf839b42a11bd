"""Measures the tap and other readers on the same directory, in one run."""
