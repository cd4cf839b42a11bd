"""What can go wrong, each with its remedy.

A message names the stream, the path and what to do. It never holds a response body, a person's data or a
secret: the only words of the server that it may repeat are a status code and a `scimType` of RFC 7644.
"""

from __future__ import annotations

import signal
from enum import Enum

SIGNAL_EXIT_BASE = 128


class Cause(Enum):
    """Who can help. Of several causes, the first one here gives the exit code, as in BSD's sysexits."""

    CONFIGURATION = (
        "configuration",
        78,
        "a setting, a file, a path, a proxy or a certificate is wrong: mend the configuration",
    )
    CREDENTIAL = (
        "credential",
        77,
        "a credential was refused, or lacks a right: ask whoever manages the account",
    )
    OUTPUT = ("output", 74, "the output is closed, or its disk is full: look at the loader")
    INCOMPLETE = ("incomplete", 76, "a list was not read whole, or an answer was malformed: run again")
    LATER = ("later", 75, "the quota is used up, or the server cannot be reached: run again later")

    def __init__(self, word: str, exit_code: int, meaning: str) -> None:
        self.word = word
        self.exit_code = exit_code
        self.meaning = meaning


class TapError(Exception):
    """The base of all errors of the tap. It ends its stream; the run ends with the exit code of its cause.

    `reason` is the word that the receipt gives for it. `retry_at` is a moment in seconds since 1970:
    before it, another run is useless. It is None if that moment is not known.
    """

    reason = "failed"
    cause = Cause.INCOMPLETE

    def __init__(self, what: str, remedy: str, *, retry_at: float | None = None) -> None:
        super().__init__(f"{what}. {remedy}")
        self.retry_at = retry_at


class ConfigurationError(TapError):
    """A setting, a file or a path is wrong. The run asks nothing of the API."""

    reason = "configuration"
    cause = Cause.CONFIGURATION


class ClosedError(TapError):
    """An Account of Python was closed before its read had ended."""

    reason = "stopped"
    cause = Cause.CONFIGURATION


class CredentialRefusedError(TapError):
    """401: the server does not accept the credential."""

    reason = "credential_refused"
    cause = Cause.CREDENTIAL


class PermissionRefusedError(TapError):
    """403: the credential may not read this list."""

    reason = "permission_refused"
    cause = Cause.CREDENTIAL


class UnreachableError(TapError):
    """A certificate, a proxy or a local file makes every request fail, so another attempt cannot help."""

    reason = "unreachable"
    cause = Cause.CONFIGURATION


class NotFoundError(TapError):
    """The server answered 404 or 501 to the first page of a list."""

    reason = "not_found"
    cause = Cause.CONFIGURATION


class QuotaExhaustedError(TapError):
    """The quota comes back later than the run may wait."""

    reason = "quota"
    cause = Cause.LATER


class UpstreamUnavailableError(TapError):
    """The server cannot be reached, or answers with errors, also after all attempts."""

    reason = "upstream_unavailable"
    cause = Cause.LATER


class UpstreamMalformedError(TapError):
    """The server answers, but not in the way of the API, also after all attempts."""

    reason = "upstream_malformed"


class RequestRefusedError(UpstreamMalformedError):
    """400: the server does not accept the request."""

    reason = "request_refused"


class OutputError(TapError):
    """Standard output cannot be written to: the loader has ended, or the disk is full."""

    reason = "output"
    cause = Cause.OUTPUT


class StorageError(TapError):
    """A BATCH file cannot be written."""

    reason = "storage"
    cause = Cause.OUTPUT


class Interrupted(BaseException):
    """SIGINT or SIGTERM. It is not an Exception, so that no handler takes it for the failure of a stream."""

    def __init__(self, signum: int) -> None:
        super().__init__(signal.Signals(signum).name)
        self.signum = signum

    @property
    def exit_code(self) -> int:
        return SIGNAL_EXIT_BASE + self.signum
