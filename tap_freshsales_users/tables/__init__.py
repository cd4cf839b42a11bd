"""The tables: what each is, and how a read fills it."""
