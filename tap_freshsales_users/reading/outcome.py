"""How the read of one list ended. The receipts are made from this immutable object."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tap_freshsales_users.errors import Interrupted, TapError
from tap_freshsales_users.reading.evidence import NONE

# The word for a read whose end was not waited for.
NOT_ENDED = "stopped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far one list of the API was read. `reason` says why it is not complete."""

    started_at: datetime
    finished_at: datetime
    is_complete: bool = False
    reason: str | None = None
    evidence: str | None = None
    consistency: str = NONE
    # Records that came more than once; the first and the last total that the server gave.
    duplicates: int = 0
    total_first: int | None = None
    total: int | None = None
    population_sha256: str | None = None
    # Path and query of the first request, and the number of requests.
    request: str | None = None
    api_requests: int = 0
    passes: int = 0
    # Whether only the records were asked for that have changed since a bookmark.
    is_incremental: bool = False
    # Why a part of the items, such as the members of groups, is not known. The list may still be complete.
    parts_unknown: str | None = None

    def failed(self, problem: str) -> Outcome:
        """The same outcome, not complete; `problem` is one word for what failed."""
        return replace(self, is_complete=False, reason=f"failed: {problem}")

    def ended_by(self, error: BaseException) -> Outcome:
        """The same outcome, not complete: this error came from the read, or from what takes its records."""
        if isinstance(error, TapError):
            return self.failed(error.reason)
        if isinstance(error, Interrupted):
            return self.failed(str(error))
        # Not an Exception: the reader was stopped, because its generator was closed or a key was pressed.
        return self.failed("internal" if isinstance(error, Exception) else NOT_ENDED)

    def without_requests(self) -> Outcome:
        """The same outcome for a further table of the read: the requests are counted in one receipt only."""
        return replace(self, request=None, api_requests=0)
