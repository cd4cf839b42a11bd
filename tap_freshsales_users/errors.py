"""What can go wrong, each with its remedy.

A message names the stream, the path and what to do. It never holds a response body, a person's data or a
secret: the only words of the server that it may repeat are a status code and a `scimType` of RFC 7644.
"""

from __future__ import annotations

import signal


class TapError(Exception):
    """Base of the family; ends the stream it is raised in, and the run with exit code 1.

    `reason` is the word that a receipt gives for it.
    """

    reason = "failed"

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}. {remedy}")


class ConfigurationError(TapError):
    reason = "configuration"


class CredentialRefusedError(TapError):
    reason = "credential_refused"


class PermissionRefusedError(TapError):
    reason = "permission_refused"


class UnreachableError(TapError):
    """A certificate, a proxy or a file here stands in the way of every request: asking again cannot help."""

    reason = "unreachable"


class NotFoundError(TapError):
    """404 or 501 where the list itself was asked for."""

    reason = "not_found"


class QuotaExhaustedError(TapError):
    reason = "quota"


class UpstreamUnavailableError(TapError):
    reason = "upstream_unavailable"


class UpstreamMalformedError(TapError):
    reason = "upstream_malformed"


class RequestRefusedError(UpstreamMalformedError):
    """400: the server does not take the question."""

    reason = "request_refused"


class OutputError(TapError):
    """Standard output took no more: the loader is gone, or the disk behind it is full."""

    reason = "output"


class Interrupted(BaseException):
    """SIGINT or SIGTERM; not an Exception, so that nothing takes it for a stream's failure."""

    def __init__(self, signum: int) -> None:
        super().__init__(signal.Signals(signum).name)
        self.signum = signum
