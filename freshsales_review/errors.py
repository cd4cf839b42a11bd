class ReviewError(Exception):
    """What the user can mend; its text is one sentence that says how, and holds no secret."""
