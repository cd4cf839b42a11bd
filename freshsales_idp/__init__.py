"""Loads what the identity provider knows about the people of a Freshsales account."""
