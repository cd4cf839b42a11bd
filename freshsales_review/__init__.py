"""Reads the warehouse, never the API: verification and the access review."""
