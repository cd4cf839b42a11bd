"""`make demo`: the whole pipeline against an invented Freshsales account."""
