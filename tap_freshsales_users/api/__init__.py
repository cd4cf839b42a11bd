"""One request within the quota of the account."""
