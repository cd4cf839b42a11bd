"""Second looks: a doubtful answer counts only after further questions have brought the same answer.

One wrong answer, such as one from a cache, must not end a list. An answer is doubtful if it came before, or
if it would end the list and no total proves the end. Then the walk asks again, and the answers are compared.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from tap_freshsales_users.reading.page import Ask, Page, Params

# If so many answers in a row were doubtful, none of them is believed.
MAX_DOUBTS_IN_A_ROW = 4


class Verdict(Enum):
    """What the answer to a second look means for the doubtful answer."""

    # Every question brought the same answer: it counts.
    CONFIRMED = auto()
    # The same answer so far, and there are questions left.
    LOOK_AGAIN = auto()
    # The same question brought another answer this time. The new answer replaces the old one.
    REPLACED = auto()
    # The next question brought another answer: the list goes on, though the doubtful answer had nothing new.
    CONTRADICTED = auto()
    # The question was refused this time.
    REFUSED = auto()


@dataclass(slots=True)
class Doubt:
    """A doubtful answer, and the questions that must still bring the same answer."""

    ask: Ask
    page: Page
    looks: deque[Params]


class Doubts:
    """The doubtful answer at hand, if there is one, and the number of doubtful answers in a row."""

    def __init__(self) -> None:
        self.current: Doubt | None = None
        self._in_a_row = 0

    def begin(self, ask: Ask, page: Page, looks: Iterable[Params]) -> Doubt | None:
        """Begin to doubt this answer; None if too many answers in a row were doubtful."""
        if self._in_a_row == MAX_DOUBTS_IN_A_ROW:
            self._in_a_row = 0
            return None
        self._in_a_row += 1
        self.current = Doubt(ask, page, deque(looks))
        return self.current

    def settle(self) -> None:
        """An answer without doubt came: count from the start."""
        self._in_a_row = 0

    def judge(self, doubt: Doubt, ask: Ask, page: Page) -> Verdict:
        """Compare the answer to a second look with the doubtful one."""
        agrees = _tells(page, with_total=ask.is_check) == _tells(doubt.page, with_total=ask.is_check)
        if page.refused is None and agrees and doubt.looks:
            return Verdict.LOOK_AGAIN
        self.current = None
        if page.refused is not None:
            return Verdict.REFUSED
        if not agrees and ask.params == doubt.ask.params:
            return Verdict.REPLACED
        self._in_a_row = 0
        return Verdict.CONFIRMED if agrees else Verdict.CONTRADICTED


def _tells(page: Page, *, with_total: bool) -> tuple[object, ...]:
    return tuple(page.keys), page.next_cursor, page.total if with_total else None
