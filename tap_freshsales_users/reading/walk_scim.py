"""The walk over a SCIM list: by index with overlapping pages (RFC 7644), or by cursor (RFC 9865).

The ways in which servers page are small classes: `scim_manners`, `scim_cursor`.
"""

from __future__ import annotations

from tap_freshsales_users.reading.evidence import NO_NEXT_CURSOR, SEQUENCE
from tap_freshsales_users.reading.page import Ask, Page, Params
from tap_freshsales_users.reading.scim_course import Course, Manner
from tap_freshsales_users.reading.scim_cursor import ByCursor
from tap_freshsales_users.reading.scim_manners import FirstPage
from tap_freshsales_users.reading.walk import RefusedError, Walk

EXPIRED_CURSOR = "expiredCursor"
INVALID_VALUE = "invalidValue"
# RFC 7644 leaves the default page to the server. This is the vendor's default on the REST API. It is asked
# for if `count` is refused as too large.
MODEST_PAGE_SIZE = 25


class ScimWalk(Walk):
    """Always sends both `startIndex` and `count`. Follows `nextCursor` if it comes."""

    def __init__(self, page_size: int, filter_: str | None = None) -> None:
        super().__init__(page_size)
        self._course = Course(self, filter_)
        self._course.begin(FirstPage(self._course))

    @property
    def manner(self) -> str:
        course = self._course
        paging = "paging refused, the list in one answer" if self.is_unpaged else course.manner.words
        total = "no total to go by" if self.expected is None else "total given"
        return (
            f"{paging}, {course.page_length} records on the first page of {self.page_size} asked for, {total}"
        )

    @property
    def _criteria(self) -> Params | None:
        # If there is a filter, the server probably refuses the filter.
        return {} if self._course.filter is None else None

    def _ask_first(self) -> None:
        self._course.begin(FirstPage(self._course))
        if self.is_unpaged:
            self.ask(self._criteria or {})
        else:
            self._course.ask_at(1, self.page_size)

    def _looks(self, ask: Ask, page: Page) -> list[Params]:
        return self._manner_for(page).looks(ask, page)

    def _feed(self, ask: Ask, page: Page) -> list[int]:
        if page.refused is not None:
            return self._refused(ask, page.refused)
        self._course.manner = manner = self._manner_for(page)
        return manner.feed(ask, page)

    def _manner_for(self, page: Page) -> Manner:
        """The manner that takes this answer: by cursor, as soon as the server sends one."""
        course = self._course
        return ByCursor(course) if page.next_cursor and course.manner.heeds_cursor else course.manner

    def _refused(self, ask: Ask, scim_type: str) -> list[int]:
        """Take a 400 (RFC 7644 section 3.12): begin a new pass, or ask with a smaller `count`, once."""
        if "cursor" in ask.params and scim_type == EXPIRED_CURSOR:
            self.current.sign("the cursor expired")
            self.finish_pass(NO_NEXT_CURSOR, SEQUENCE)
        elif ask.page == 1 and scim_type == INVALID_VALUE and self.page_size > MODEST_PAGE_SIZE:
            self.page_size = MODEST_PAGE_SIZE
            self.start_over()
            self._course.ask_at(1, self.page_size)
        elif not self.ask_unpaged(ask):
            raise RefusedError(scim_type)
        return []
