"""For working on the project: documents made from code, and a browser for tests and benchmarks."""
