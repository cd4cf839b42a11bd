"""How the read of one list ended: an immutable account of it, from which the receipts are made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tap_freshsales_users.errors import Interrupted, TapError
from tap_freshsales_users.reading.evidence import NONE


@dataclass(frozen=True, slots=True)
class Outcome:
    """One list of the API, as far as it was read. `reason` says why it is not complete."""

    started_at: datetime
    finished_at: datetime
    is_complete: bool = False
    reason: str | None = None
    evidence: str | None = None
    consistency: str = NONE
    # Records that came more than once; totals as the server told them first and last.
    duplicates: int = 0
    total_first: int | None = None
    total: int | None = None
    population_sha256: str | None = None
    # Path and query of the first request, and how many requests there were.
    request: str | None = None
    api_requests: int = 0
    passes: int = 0
    # Whether only records were asked for that changed since a bookmark.
    is_incremental: bool = False
    # Why a part of the items, such as the members of groups, is not known, though the list may be complete.
    parts_unknown: str | None = None

    def failed(self, problem: str) -> Outcome:
        """The same, but that something failed; `problem` is one word for it."""
        return replace(self, is_complete=False, reason=f"failed: {problem}")

    def ended_by(self, error: BaseException) -> Outcome:
        """The same, but that this error ended it, in the read or in whatever takes its records."""
        if isinstance(error, TapError):
            return self.failed(error.reason)
        if isinstance(error, Interrupted):
            return self.failed(str(error))
        # No Exception: whoever reads has stopped, by closing its generator or by a key.
        return self.failed("internal" if isinstance(error, Exception) else "stopped")

    def without_requests(self) -> Outcome:
        """For a further table of the same read: each request is counted in one receipt."""
        return replace(self, request=None, api_requests=0)
