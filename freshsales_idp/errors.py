"""Errors, in sentences for the person who runs the load. No sentence has a secret, a body or a name in it."""


class IdpError(Exception):
    """The run cannot do its work; the text says why and what to do."""


class UnreadError(Exception):
    """One list could not be read to its end; the text becomes `incomplete_reason` of its receipt."""
