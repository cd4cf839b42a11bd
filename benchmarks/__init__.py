"""The tap beside other readers of the same directory, measured in one go."""
