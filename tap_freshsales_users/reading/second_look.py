"""Second looks: a doubtful answer counts only after further questions have brought the same answer.

One odd answer, such as one from a cache, must not end a list. So an answer that would end the list without
the proof of a total, or that came before, is a doubt. The walk asks again; this module judges the answers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from tap_freshsales_users.reading.page import Ask, Page, Params

# Answers to one question, each unlike the one before, after which none of them is believed.
MAX_DOUBTS_IN_A_ROW = 4


class Verdict(Enum):
    """What the answer to a second look means for the doubtful answer."""

    # Every question brought the same answer: it counts.
    CONFIRMED = auto()
    # The same answer so far, and there are questions left.
    LOOK_AGAIN = auto()
    # The same question was answered otherwise this time: look at the new answer in place of the old one.
    REPLACED = auto()
    # The question behind it was answered otherwise: the list goes on, and yet the answer brought nothing new.
    CONTRADICTED = auto()
    # The question was refused this time.
    REFUSED = auto()


@dataclass(slots=True)
class Doubt:
    """A doubtful answer, and the questions that are still to bring it again."""

    ask: Ask
    page: Page
    looks: deque[Params]


class Doubts:
    """The doubtful answer that is looked at again, if there is one, and how many came in a row."""

    def __init__(self) -> None:
        self.current: Doubt | None = None
        self._in_a_row = 0

    def begin(self, ask: Ask, page: Page, looks: Iterable[Params]) -> Doubt | None:
        """Doubt this answer; None if too many answers in a row were doubtful."""
        if self._in_a_row == MAX_DOUBTS_IN_A_ROW:
            self._in_a_row = 0
            return None
        self._in_a_row += 1
        self.current = Doubt(ask, page, deque(looks))
        return self.current

    def settle(self) -> None:
        """An answer beyond doubt came: count doubts from the start."""
        self._in_a_row = 0

    def judge(self, doubt: Doubt, ask: Ask, page: Page) -> Verdict:
        """Hold the answer to a second look against the doubtful one."""
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
