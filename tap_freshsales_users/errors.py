"""What can go wrong, each with its remedy.

A message names the stream, the path and what to do. It never holds a response body, a person's data or a
secret: the only words of the server that it may repeat are a status code and a `scimType` of RFC 7644.
"""

from __future__ import annotations

import signal
from enum import Enum

SIGNAL_EXIT_BASE = 128


class Cause(Enum):
    """Who can help. Of several causes the first one gives the exit code, a number of BSD's sysexits."""

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
    """Base of the family; ends the stream it is raised in, and the run with the exit code of its cause.

    `reason` is the word that a receipt gives for it. `retry_at` is the moment (seconds since 1970) before
    which asking again is useless, where it is known.
    """

    reason = "failed"
    cause = Cause.INCOMPLETE

    def __init__(self, what: str, remedy: str, *, retry_at: float | None = None) -> None:
        super().__init__(f"{what}. {remedy}")
        self.retry_at = retry_at


class ConfigurationError(TapError):
    reason = "configuration"
    cause = Cause.CONFIGURATION


class CredentialRefusedError(TapError):
    reason = "credential_refused"
    cause = Cause.CREDENTIAL


class PermissionRefusedError(TapError):
    reason = "permission_refused"
    cause = Cause.CREDENTIAL


class UnreachableError(TapError):
    """A certificate, a proxy or a file here stands in the way of every request: asking again cannot help."""

    reason = "unreachable"
    cause = Cause.CONFIGURATION


class NotFoundError(TapError):
    """404 or 501 where the list itself was asked for."""

    reason = "not_found"
    cause = Cause.CONFIGURATION


class QuotaExhaustedError(TapError):
    reason = "quota"
    cause = Cause.LATER


class UpstreamUnavailableError(TapError):
    reason = "upstream_unavailable"
    cause = Cause.LATER


class UpstreamMalformedError(TapError):
    reason = "upstream_malformed"


class RequestRefusedError(UpstreamMalformedError):
    """400: the server does not take the question."""

    reason = "request_refused"


class OutputError(TapError):
    """Standard output took no more: the loader is gone, or the disk behind it is full."""

    reason = "output"
    cause = Cause.OUTPUT


class StorageError(TapError):
    """A BATCH file cannot be written."""

    reason = "storage"
    cause = Cause.OUTPUT


class Interrupted(BaseException):
    """SIGINT or SIGTERM; not an Exception, so that nothing takes it for a stream's failure."""

    def __init__(self, signum: int) -> None:
        super().__init__(signal.Signals(signum).name)
        self.signum = signum

    @property
    def exit_code(self) -> int:
        return SIGNAL_EXIT_BASE + self.signum
