"""The manner of SCIM servers that page by cursor (RFC 9865)."""

from __future__ import annotations

from tap_freshsales_users.reading.evidence import NO_NEXT_CURSOR, SEQUENCE
from tap_freshsales_users.reading.page import Ask, Page, Params
from tap_freshsales_users.reading.scim_course import Course, Manner


class ByCursor(Manner):
    """Each page names the next one by `nextCursor`. A page without it is the last."""

    words = "paged by cursor"
    heeds_cursor = False

    def __init__(self, course: Course) -> None:
        super().__init__(course)
        self._cursors: set[str] = set()

    def looks(self, ask: Ask, page: Page) -> list[Params]:
        return [ask.params] if self._ends(page) and not self.walk.shows_end_once else []

    def _ends(self, page: Page) -> bool:
        """Whether the cursors end or repeat here, and no total says that all was read."""
        if page.next_cursor:
            return page.next_cursor in self._cursors
        walk = self.walk
        read = walk.current.distinct + self.seen.count_unknown(page.keys)
        return walk.expected is None or read < walk.expected

    def feed(self, ask: Ask, page: Page) -> list[int]:  # noqa: ARG002
        walk, course, cursor = self.walk, self.course, page.next_cursor
        fresh = self.seen.meet(page.keys)
        walk.current.pages += 1
        course.page_length = course.page_length or len(page.keys)
        if not cursor:
            walk.finish_pass(NO_NEXT_CURSOR, SEQUENCE)
        elif cursor in self._cursors:
            walk.give_up(None, "paging_ignored: the same `nextCursor` came twice")
        else:
            self._cursors.add(cursor)
            walk.drop_asks()
            # All other parameters stay as they were. RFC 9865 does not allow `startIndex` beside `cursor`.
            course.ask({"count": walk.page_size, "cursor": cursor})
        return fresh
