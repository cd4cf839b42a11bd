"""What all manners of SCIM paging share: how far a pass has come, the questions, and taking a page.

The module `walk` explains the words: pass, covered, due, aligned, check.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable

from tap_freshsales_users.reading.evidence import (
    EMPTY_PAGE,
    NONE,
    OVERLAPPING_PAGES,
    REPEATED_PAGE,
    SINGLE_PAGE,
    TOTAL_REACHED,
    UNCHANGING_TOTAL,
)
from tap_freshsales_users.reading.page import Ask, Page, Params
from tap_freshsales_users.reading.walk import Walk


class Course:
    """How far one pass has come, and in which manner. It also asks the questions of SCIM."""

    def __init__(self, walk: Walk, filter_: str | None) -> None:
        self.walk = walk
        self.filter = filter_
        # The records on the first page. Later pages are asked for with this `count`, so they can be planned.
        self.page_length = 0
        self.covered = 0
        self.last_key: Hashable = None
        self.manner: Manner

    def begin(self, manner: Manner) -> None:
        """Begin a pass. It finds the manner anew: people who moved may have misled the pass before."""
        self.covered = 0
        self.last_key = None
        self.manner = manner

    def ask_at(self, start: int, count: int, *, is_check: bool = False) -> None:
        self.ask({"startIndex": start, "count": count}, is_check=is_check)

    def ask(self, params: Params, *, is_check: bool = False) -> None:
        """Ask with these paging parameters, and with the filter if there is one."""
        filter_: Params = {} if self.filter is None else {"filter": self.filter}
        self.walk.ask({**filter_, **params}, is_check=is_check)

    def ask_rest(self) -> None:
        """Plan all pages up to the total, or one page if there is no total."""
        walk, length, overlap = self.walk, self.page_length, self.manner.overlap
        if walk.planned:
            return
        start = self.covered + 1 - overlap
        self.ask_at(start, length)
        while walk.expected is not None and start + length <= walk.expected:
            start += length - overlap
            self.ask_at(start, length)

    def end(self, evidence: str) -> None:
        """End the pass. Its pages tell the consistency."""
        walk = self.walk
        is_one_look = walk.expected is not None or self.page_length != walk.page_size
        consistency = NONE if walk.expected is None else UNCHANGING_TOTAL
        if walk.current.pages <= 1 and is_one_look:
            consistency = SINGLE_PAGE
        elif self.manner.has_overlapped:
            consistency = OVERLAPPING_PAGES
        walk.finish_pass(evidence, consistency)


class Manner(ABC):
    """One way in which a server pages."""

    # For the log.
    words: str
    # How many records of the page before each question asks for again.
    overlap = 0
    # Whether these records came again in their place.
    has_overlapped = False
    # Whether a `nextCursor` means that the list is read by cursor from now on.
    heeds_cursor = True

    def __init__(self, course: Course) -> None:
        self.course = course
        self.walk = course.walk
        self.seen = course.walk.seen

    @abstractmethod
    def looks(self, ask: Ask, page: Page) -> list[Params]:
        """Questions that must all bring the same answer before it counts; none if there is no doubt."""

    @abstractmethod
    def feed(self, ask: Ask, page: Page) -> list[int]:
        """Take an answer without doubt. Returns the indexes of the records not met before."""

    def look_at_end(self, ask: Ask, page: Page) -> list[Params]:
        """The looks at an empty page: one, unless the total proves that nothing is left."""
        return [] if self.walk.proves_end(page, self.course.covered) else [ask.params]

    def advance(self, ask: Ask, page: Page, due: int) -> int:  # noqa: ARG002
        """How many more records are covered: those that came. Records that a server skips do not count."""
        return len(page.keys) - due

    def take(self, ask: Ask, page: Page, due: int = 0) -> list[int]:
        """Take a page whose first `due` records had to come again."""
        walk, course, keys = self.walk, self.course, page.keys
        before = walk.current.distinct
        fresh = self.seen.meet(keys, due)
        self.seen.remember(keys)
        walk.current.pages += 1
        course.covered += self.advance(ask, page, due)
        course.last_key = keys[-1]
        if walk.expected is not None and course.covered >= walk.expected:
            course.end(TOTAL_REACHED)
        elif walk.current.distinct == before:
            course.end(EMPTY_PAGE if len(keys) == due else REPEATED_PAGE)
        else:
            if course.covered < int(ask.params["startIndex"]) + int(ask.params["count"]) - 1:
                walk.drop_asks()  # fewer records came than planned: the next page starts earlier
            course.ask_rest()
        return fresh
