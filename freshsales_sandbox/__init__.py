"""A local Freshsales to try, demo and test against; it never imports the tap or the review."""
