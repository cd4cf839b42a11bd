class DemoFailedError(Exception):
    """One sentence on what went wrong and what to do."""
