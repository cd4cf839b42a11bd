"""What one pass, a reading of the list from its start, has seen."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

UNSETTLED = "a page was answered in more than one way"


@dataclass(slots=True)
class Pass:
    """What one reading of the list from its start has seen so far."""

    number: int
    pages: int = 0
    distinct: int = 0
    unseen: int = 0
    duplicates: int = 0
    total: int | None = None
    total_changed: bool = False
    # Whether each total so far was the length of its own page; an empty page alone cannot tell.
    totals_are_lengths: bool | None = None
    first_page: tuple[Hashable, ...] = ()
    signs: list[str] = field(default_factory=list)
    digests: set[int] = field(default_factory=set)

    def sign(self, what: str) -> None:
        """Something moved, or did not add up."""
        if what not in self.signs:
            self.signs.append(what)

    def is_same_as(self, before: Pass) -> bool:
        """Whether both passes met as many records under one total, and this one met no new record."""
        return (
            UNSETTLED not in self.signs + before.signs
            and self.total is not None
            and self.total == before.total
            and not (self.total_changed or before.total_changed)
            and self.unseen == 0
            and self.distinct == before.distinct
        )
