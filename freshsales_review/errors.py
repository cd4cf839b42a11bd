class ReviewError(Exception):
    """An error that the user can correct. Its text is one sentence that says how, and has no secret in it."""
