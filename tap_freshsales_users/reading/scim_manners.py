"""The manners in which SCIM servers page by index: small classes of one protocol.

A pass begins in the manner `FirstPage`. What comes then shows how this server pages:

    FirstPage  -> Untried        -> Overlapping     `startIndex` is honoured (RFC 7644 section 3.4.2.4)
                                 -> WholePages      `startIndex` is rounded to whole pages
                                 -> Suspect         undecided: -> WholePages or Overlapping
               -> SingleRecords                     pages of one record have no room for an overlap
    WholePages -> FirstForEver                      `startIndex` is ignored

Each may hand over to the next one. If the server sends `nextCursor` (RFC 9865), the manner `ByCursor` takes
over, which is in the module `scim_cursor`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from tap_freshsales_users.reading.evidence import (
    EMPTY_PAGE,
    REPEATED_PAGE,
    SINGLE_PAGE,
    TOTAL_REACHED,
)
from tap_freshsales_users.reading.page import Ask, Page, Params
from tap_freshsales_users.reading.scim_course import Course, Manner
from tap_freshsales_users.reading.walk import another_count

BROKEN_OVERLAP = "a page did not begin where the one before it ended"
PAGING_IGNORED = "paging_ignored: `startIndex` is ignored, every page is the first one"


class FirstPage(Manner):
    """The first page of a pass. It does not tell yet how the server pages."""

    words = "one page"

    def looks(self, ask: Ask, page: Page) -> list[Params]:
        # A list without anybody is looked at twice. That a filter matches nobody is usual.
        return [ask.params] if page.is_empty and self.course.filter is None else []

    def feed(self, ask: Ask, page: Page) -> list[int]:  # noqa: ARG002
        walk, course = self.walk, self.course
        fresh = self.seen.meet(page.keys)
        self.seen.remember(page.keys)
        walk.current.pages = 1
        course.page_length = length = len(page.keys)
        if not length:
            walk.finish_pass(TOTAL_REACHED if page.total == 0 else EMPTY_PAGE, SINGLE_PAGE)
            return fresh
        course.covered, course.last_key = length, page.keys[-1]
        is_whole = walk.expected is not None and length >= walk.expected
        # The total may count only this page: then the next page tells.
        if is_whole and (walk.is_unpaged or not walk.may_count_itself(length)):
            walk.finish_pass(TOTAL_REACHED, SINGLE_PAGE)
        else:
            course.manner = SingleRecords(course) if length == 1 else Untried(course)
            course.ask_rest()
        return fresh


class Overlapping(Manner):
    """`startIndex` is honoured. The last record of a page comes first on the next one, or something moved."""

    overlap = 1

    def __init__(self, course: Course, *, has_overlapped: bool = False) -> None:
        super().__init__(course)
        self.has_overlapped = has_overlapped

    @property
    def words(self) -> str:  # type: ignore[override]
        return "`startIndex` honoured" if self.has_overlapped else "pages that did not overlap"

    def looks(self, ask: Ask, page: Page) -> list[Params]:
        if page.is_empty:
            return self.look_at_end(ask, page)
        keys, due = page.keys, self._due(ask)
        if due > len(keys):
            return []
        read = int(ask.params["startIndex"]) + len(keys) - 1
        if keys[due - 1] == self.course.last_key and self.walk.proves_end(page, read):
            return []
        is_old = self.seen.came_before(keys) or not self.seen.count_unknown(keys)
        return [ask.params] if is_old else []

    def feed(self, ask: Ask, page: Page) -> list[int]:
        course = self.course
        if page.is_empty:
            if self.has_overlapped:
                self.walk.current.sign(BROKEN_OVERLAP)  # the last record, at least, had to come again
            course.end(EMPTY_PAGE)
            return []
        due = self._due(ask)
        if due > len(page.keys):
            course.ask_rest()
            return []
        if page.keys[due - 1] == course.last_key:
            course.manner = Overlapping(course, has_overlapped=True)
            return course.manner.take(ask, page, due)
        return self.take_broken(ask, page)

    def take_broken(self, ask: Ask, page: Page) -> list[int]:
        """Take a page that does not begin where the one before it ended."""
        if self.seen.came_before(page.keys) and not self.has_overlapped:
            self.course.end(REPEATED_PAGE)
            return []
        self.walk.current.sign(BROKEN_OVERLAP)
        keys, last_key = list(page.keys), self.course.last_key
        return self.take(ask, page, keys.index(last_key) + 1 if last_key in keys else 0)

    def _due(self, ask: Ask) -> int:
        """How many records of the page were read already."""
        return self.course.covered - int(ask.params["startIndex"]) + 1


class Untried(Overlapping):
    """The second page. Whether it overlaps with the first one tells how the server pages."""

    words = "one page"

    def looks(self, ask: Ask, page: Page) -> list[Params]:
        # A server that rounds `startIndex` answers with the first page. That does not end the list.
        is_rounded = not page.is_empty and self.seen.came_before(page.keys)
        return [] if is_rounded else super().looks(ask, page)

    def take_broken(self, ask: Ask, page: Page) -> list[int]:
        course, seen = self.course, self.seen
        is_known = any(seen.is_known(key) for key in page.keys)
        if seen.came_before(page.keys) or (is_known and self._starts_elsewhere(ask, page)):
            # The whole page came that holds this index. Go on after what was read.
            course.manner = WholePages(course)
            self.walk.drop_asks()
            course.ask_rest()
            return []
        if not is_known:
            # This is the next whole page, or something moved. The page that starts there tells.
            course.manner = Suspect(course, page.keys)
            self.walk.drop_asks()
            course.ask_at(course.covered + 1, int(ask.params["count"]), is_check=True)
            return []
        course.manner = Overlapping(course)
        return course.manner.take_broken(ask, page)

    def _starts_elsewhere(self, ask: Ask, page: Page) -> bool:
        """Whether the answer says that it starts at a whole page, not at the index that was asked for."""
        told, asked = page.start_index, int(ask.params["startIndex"])
        return told is not None and told != asked and (told - 1) % self.course.page_length == 0


class Suspect(Manner):
    """The second page did not overlap. If the page after the first one is the same page, pages are whole."""

    words = "one page"
    heeds_cursor = False

    def __init__(self, course: Course, keys: Sequence[Hashable]) -> None:
        super().__init__(course)
        self._keys = list(keys)

    def looks(self, ask: Ask, page: Page) -> list[Params]:
        return self.look_at_end(ask, page) if page.is_empty else []

    def feed(self, ask: Ask, page: Page) -> list[int]:
        course = self.course
        if list(page.keys) == self._keys:
            course.manner = WholePages(course)
        else:
            self.walk.current.sign(BROKEN_OVERLAP)
            course.manner = Overlapping(course)
        if page.is_empty:
            course.end(EMPTY_PAGE)
            return []
        return course.manner.take(ask, page)


class WholePages(Manner):
    """Pages are aligned: the server rounds `startIndex` to 1 + k * count, so pages cannot overlap."""

    words = "`startIndex` rounded to whole pages"

    def advance(self, ask: Ask, page: Page, due: int) -> int:  # noqa: ARG002
        return int(ask.params["count"])

    def looks(self, ask: Ask, page: Page) -> list[Params]:
        if page.is_empty:
            return self.look_at_end(ask, page)
        if not self.seen.came_before(page.keys):
            return []
        behind = int(ask.params["startIndex"]) + int(ask.params["count"])
        return [ask.params, {**ask.params, "startIndex": behind}]

    def feed(self, ask: Ask, page: Page) -> list[int]:
        course = self.course
        if page.is_empty:
            course.end(EMPTY_PAGE)
            return []
        if not self.seen.came_before(page.keys):
            return self.take(ask, page)
        if self.walk.current.pages == 1:
            course.manner = FirstForEver(course)
            course.manner.settle()
        else:
            course.end(REPEATED_PAGE)
        return []


class SingleRecords(WholePages):
    """Pages of one record: there is no room for an overlap."""

    words = "pages of one record"

    def advance(self, ask: Ask, page: Page, due: int) -> int:
        return Manner.advance(self, ask, page, due)


class FirstForEver(Manner):
    """`startIndex` is ignored: every page equals the first one."""

    words = "`startIndex` ignored"
    heeds_cursor = False

    def settle(self) -> None:
        """Decide whether the first page is the whole list; ask with another `count` if it may be cut."""
        walk, course = self.walk, self.course
        length = course.page_length
        if walk.expected is not None and walk.expected > walk.current.distinct:
            walk.give_up(REPEATED_PAGE, PAGING_IGNORED)
        elif length == walk.page_size or walk.may_count_itself(length):
            walk.drop_asks()
            course.ask_at(1, another_count(length), is_check=True)
        else:
            course.end(REPEATED_PAGE)

    def looks(self, ask: Ask, page: Page) -> list[Params]:
        if page.next_cursor:
            return []
        return self.look_at_end(ask, page) if page.is_empty else [ask.params]

    def feed(self, ask: Ask, page: Page) -> list[int]:  # noqa: ARG002
        """Take the answer to another `count`.

        The list is whole if as many records come, if the total stays the same, or if a cursor comes.
        """
        walk, length = self.walk, self.course.page_length
        if length in {page.total, len(page.keys)} or page.next_cursor:
            walk.current.total = length
            walk.finish_pass(REPEATED_PAGE, SINGLE_PAGE)
        else:
            walk.total_is_trusted = False
            walk.give_up(REPEATED_PAGE, PAGING_IGNORED)
        return []
