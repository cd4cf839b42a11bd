"""What goes wrong, in sentences for whoever runs the load: no secret, no response body, nobody's name."""


class IdpError(Exception):
    """The run cannot do its work; the text says why and what to do."""


class UnreadError(Exception):
    """One list could not be read to its end; the text becomes `incomplete_reason` of its receipt."""
