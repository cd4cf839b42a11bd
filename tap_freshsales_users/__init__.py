"""Singer tap for Freshsales identities."""
