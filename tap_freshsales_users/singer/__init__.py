"""The Singer face: streams and messages for the Singer SDK."""
