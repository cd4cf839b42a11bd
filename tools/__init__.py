"""For work on the project: makes documents from code, and has what tests and benchmarks share."""
