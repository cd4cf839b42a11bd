"""The evidence by which a walk ends: the values of `end_evidence` and `consistency` in `sync_receipts`."""

from __future__ import annotations

from dataclasses import dataclass

# end_evidence
TOTAL_REACHED = "total_reached"
EMPTY_PAGE = "empty_page"
REPEATED_PAGE = "repeated_page"
NO_NEXT_CURSOR = "no_next_cursor"
SINGLE_OBJECT = "single_object"
ALL_ASKED = "all_asked"
# consistency
SINGLE_PAGE = "single_page"
OVERLAPPING_PAGES = "overlapping_pages"
SEQUENCE = "sequence"
UNCHANGING_TOTAL = "unchanging_total"
NONE = "none"


@dataclass(frozen=True, slots=True)
class End:
    """How the walk ended. `reason` says why it is not complete."""

    evidence: str | None
    consistency: str
    is_complete: bool
    reason: str | None = None
