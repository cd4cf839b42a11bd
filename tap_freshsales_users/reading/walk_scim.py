"""The walk over a SCIM list: by index (RFC 7644 section 3.4.2.4), pages overlapping, or by cursor (RFC 9865).

The last record of a page has to be the first of the next; where it is not, something moved. A server that
makes page numbers of `startIndex` cannot overlap: it is noticed, and its pages start at 1 + k × count.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from tap_freshsales_users.reading.evidence import (
    EMPTY_PAGE,
    NO_NEXT_CURSOR,
    NONE,
    OVERLAPPING_PAGES,
    REPEATED_PAGE,
    SEQUENCE,
    SINGLE_PAGE,
    TOTAL_REACHED,
    UNCHANGING_TOTAL,
)
from tap_freshsales_users.reading.page import Ask, Page
from tap_freshsales_users.reading.walk import RefusedError, Walk, another_count

EXPIRED_CURSOR = "expiredCursor"
INVALID_VALUE = "invalidValue"
# RFC 7644 leaves the default page to the server; this is the vendor's on the other surface, taken where
# `count` is refused as too large.
MODEST_PAGE_SIZE = 25
BROKEN_OVERLAP = "a page did not begin where the one before it ended"
PAGING_IGNORED = "paging_ignored: `startIndex` is ignored, every page is the first one"


class ScimWalk(Walk):
    """`startIndex` and `count`, both always sent; `nextCursor` is followed where it comes."""

    def __init__(self, page_size: int, filter_: str | None = None) -> None:
        super().__init__(page_size)
        self._filter = filter_
        # Records a page brings, as the first one showed; later ones ask for as many, so they can be planned.
        self._page_length = 0
        self._covered = 0  # how far the list was read, as a 1-based index
        self._last_key: Hashable = None
        self._overlap_held = False
        self._is_aligned = False
        self._cursors: set[str] = set()
        self._suspect: list[Hashable] = []  # a page that did not overlap, while it is held against another

    @property
    def manner(self) -> str:
        if self._cursors:
            return "paged by cursor"
        if self.is_unpaged:
            paging = "paging refused, the list in one answer"
        elif self._is_aligned:
            paging = "`startIndex` rounded to whole pages"
        else:
            paging = "`startIndex` honoured" if self._overlap_held else "one page"
        total = "no total to go by" if self.expected is None else "total given"
        return (
            f"{paging}, {self._page_length} records on the first page of {self.page_size} asked for, {total}"
        )

    # -- questions

    def _ask_first(self) -> None:
        self._covered = 0
        self._last_key = None
        self._suspect = []
        self._cursors.clear()
        # What looked like a way of paging may have been people who moved: each pass finds out again.
        self._overlap_held = self._is_aligned = False
        if self.is_unpaged:
            self._ask(self._criteria or {})
        else:
            self._ask_at(1, self.page_size)

    def _ask_at(self, start: int, count: int, *, is_check: bool = False) -> None:
        self._ask({**self._filtering, "startIndex": start, "count": count}, is_check=is_check)

    @property
    def _filtering(self) -> dict[str, str | int]:
        return {} if self._filter is None else {"filter": self._filter}

    @property
    def _criteria(self) -> dict[str, str | int] | None:
        return {} if self._filter is None else None  # more likely, the server refuses the filter

    def _ask_rest(self) -> None:
        """Plan all that is known to be needed: up to the total, or one page more."""
        if self._asks or self._under_way:
            return
        length = self._page_length
        step = length if self._is_aligned or length == 1 else length - 1
        start = self._covered + 1 if step == length else self._covered
        self._ask_at(start, length)
        while self.expected is not None and start + length <= self.expected:
            start += step
            self._ask_at(start, length)

    # -- answers

    def _looks(self, ask: Ask, page: Page) -> list[dict[str, str | int]]:
        again = [ask.params]
        if "cursor" in ask.params or page.next_cursor:
            return again if self._ends_cursors(page) and not self._shows_end_once else []
        if ask.page == 1:
            # Nobody at all is the gravest of answers; that a filter matches nobody is an everyday one.
            return again if page.is_empty and self._filter is None else []
        if page.is_empty:
            return [] if self._proves_end(page, self._covered) else again
        if ask.is_check:
            return [] if self._suspect else again
        if self._is_aligned or self._page_length == 1:
            return [ask.params, self._params_behind(ask)] if self._came_before(page.keys) else []
        start = int(ask.params["startIndex"])
        due = self._covered - start + 1
        if due > len(page.keys):
            return []
        if page.keys[due - 1] == self._last_key and self._proves_end(page, start + len(page.keys) - 1):
            return []
        if self._came_before(page.keys):
            # The whole page that this index falls into, a rounding server's answer: nothing ends by it.
            is_rounded = self.current.pages == 1 and not self._overlap_held
            return [] if is_rounded else again
        return [] if self._count_unknown(page.keys) else again

    def _ends_cursors(self, page: Page) -> bool:
        """Whether the cursors end or come again here, and no total says that all is read."""
        if page.next_cursor:
            return page.next_cursor in self._cursors
        return self.expected is None or self.current.distinct + self._count_unknown(page.keys) < self.expected

    def _params_behind(self, ask: Ask) -> dict[str, str | int]:
        """The question that would follow this one."""
        return {**ask.params, "startIndex": int(ask.params["startIndex"]) + int(ask.params["count"])}

    def _feed(self, ask: Ask, page: Page) -> list[int]:
        if page.refused is not None:
            return self._refused(ask, page.refused)
        if ask.is_check:
            return self._feed_check(ask, page)
        if "cursor" in ask.params or page.next_cursor:
            return self._feed_cursor(page)
        if ask.page == 1:
            return self._feed_first(page)
        if page.is_empty:
            if self._overlap_held and not self._is_aligned:
                self.current.sign(BROKEN_OVERLAP)  # at the least, the last record was due again
            self._finish_pass(EMPTY_PAGE, self._consistency())
            return []
        if self._is_aligned or self._page_length == 1:  # no room for an overlap
            return self._feed_aligned(ask, page)
        return self._feed_overlapping(ask, page)

    def _feed_first(self, page: Page) -> list[int]:
        fresh = self._meet(page.keys)
        self._remember(page.keys)
        self.current.pages = 1
        self._page_length = length = len(page.keys)
        if not length:
            self._finish_pass(TOTAL_REACHED if page.total == 0 else EMPTY_PAGE, SINGLE_PAGE)
            return fresh
        self._covered, self._last_key = length, page.keys[-1]
        is_whole = self.expected is not None and length >= self.expected
        # Only the next page tells whether the total counts more than this one.
        if is_whole and (self.is_unpaged or not self._may_count_itself(length)):
            self._finish_pass(TOTAL_REACHED, SINGLE_PAGE)
        else:
            self._ask_rest()
        return fresh

    def _feed_overlapping(self, ask: Ask, page: Page) -> list[int]:
        keys, start = list(page.keys), int(ask.params["startIndex"])
        came_before = self._came_before(keys)
        due = self._covered - start + 1  # how many of these were read already
        if due > len(keys):
            self._ask_rest()
            return []
        if keys[due - 1] == self._last_key:
            self._overlap_held = True
            return self._take(ask, page, due)
        if self.current.pages == 1 and not self._overlap_held:
            if came_before or self._is_page_number(page, start):
                # The page that this index falls into came whole: go on behind what was read.
                self._align()
                return []
            if not self._knows_any(keys):
                # The next whole page, or something moved: the page that starts there tells.
                return self._suspect_page(ask, keys)
        if came_before and not self._overlap_held:
            self._finish_pass(REPEATED_PAGE, self._consistency())
            return []
        self.current.sign(BROKEN_OVERLAP)
        return self._take(ask, page, keys.index(self._last_key) + 1 if self._last_key in keys else 0)

    def _take(self, ask: Ask, page: Page, due: int) -> list[int]:
        """Note a page whose first `due` records were expected to come again."""
        keys, count = page.keys, int(ask.params["count"])
        before = self.current.distinct
        fresh = self._meet(keys, due)
        self._remember(keys)
        self.current.pages += 1
        # Counted by what came: what a server skips or sends again does not move the place to go on from.
        self._covered += count if self._is_aligned else len(keys) - due
        self._last_key = keys[-1]
        if self.expected is not None and self._covered >= self.expected:
            self._finish_pass(TOTAL_REACHED, self._consistency())
        elif self.current.distinct == before:
            self._finish_pass(EMPTY_PAGE if len(keys) == due else REPEATED_PAGE, self._consistency())
        else:
            if self._covered < int(ask.params["startIndex"]) + count - 1:
                self._drop_asks()  # fewer than planned with: what follows starts earlier than asked for
            self._ask_rest()
        return fresh

    # -- servers that make page numbers of startIndex

    def _is_page_number(self, page: Page, start: int) -> bool:
        """Whether the answer says that it starts a whole page elsewhere than asked, and its records agree."""
        told = page.start_index
        is_elsewhere = told is not None and told != start and (told - 1) % self._page_length == 0
        return is_elsewhere and self._knows_any(page.keys)

    def _knows_any(self, keys: Sequence[Hashable]) -> bool:
        return any(self.met.get(key) == self.current.number for key in keys)

    def _align(self) -> None:
        self._is_aligned = True
        self._drop_asks()
        self._ask_rest()

    def _suspect_page(self, ask: Ask, keys: Sequence[Hashable]) -> list[int]:
        self._suspect = list(keys)
        self._drop_asks()
        self._ask_at(self._covered + 1, int(ask.params["count"]), is_check=True)
        return []

    def _feed_check(self, ask: Ask, page: Page) -> list[int]:
        if self._suspect:
            if list(page.keys) == self._suspect:
                self._is_aligned = True
            else:
                self.current.sign(BROKEN_OVERLAP)
            self._suspect = []
            if page.is_empty:
                self._finish_pass(EMPTY_PAGE, self._consistency())
                return []
            return self._take(ask, page, 0)
        self._settle_ignored_index(page)
        return []

    def _feed_aligned(self, ask: Ask, page: Page) -> list[int]:
        if not self._came_before(page.keys):
            return self._take(ask, page, 0)
        if self.current.pages == 1 and self.expected is not None and self.expected > self.current.distinct:
            self._give_up(REPEATED_PAGE, PAGING_IGNORED)
        elif self.current.pages == 1 and (
            self._page_length == self.page_size or self._may_count_itself(self._page_length)
        ):
            # Every page equals the first, and may be cut. Ask with another `count` to see whether this is
            # the whole list.
            self._drop_asks()
            self._ask_at(1, another_count(self._page_length), is_check=True)
        else:
            self._finish_pass(REPEATED_PAGE, self._consistency())
        return []

    def _settle_ignored_index(self, page: Page) -> None:
        """Another count was asked for: what stays as it was, or a cursor, proves the list whole."""
        if self._page_length in {page.total, len(page.keys)} or page.next_cursor:
            self.current.total = self._page_length
            self._finish_pass(REPEATED_PAGE, SINGLE_PAGE)
        else:
            self.total_is_trusted = False
            self._give_up(REPEATED_PAGE, PAGING_IGNORED)

    # -- cursors, and questions refused

    def _feed_cursor(self, page: Page) -> list[int]:
        fresh = self._meet(page.keys)
        self.current.pages += 1
        self._page_length = self._page_length or len(page.keys)
        cursor = page.next_cursor
        if not cursor:
            self._finish_pass(NO_NEXT_CURSOR, SEQUENCE)
        elif cursor in self._cursors:
            self._give_up(None, "paging_ignored: the same `nextCursor` came twice")
        else:
            self._cursors.add(cursor)
            self._drop_asks()
            # All else stays as it was, but for `startIndex`, which RFC 9865 keeps apart from `cursor`.
            self._ask({**self._filtering, "count": self.page_size, "cursor": cursor})
        return fresh

    def _refused(self, ask: Ask, scim_type: str) -> list[int]:
        """400 (RFC 7644 section 3.12): an expired cursor starts over, a refused `count` is lowered once."""
        if "cursor" in ask.params and scim_type == EXPIRED_CURSOR:
            self.current.sign("the cursor expired")
            self._finish_pass(NO_NEXT_CURSOR, SEQUENCE)
        elif ask.page == 1 and scim_type == INVALID_VALUE and self.page_size > MODEST_PAGE_SIZE:
            self.page_size = MODEST_PAGE_SIZE
            self._asked_in_pass = 0
            self._ask_at(1, self.page_size)
        elif not self.ask_unpaged(ask):
            raise RefusedError(scim_type)
        return []

    def _consistency(self) -> str:
        if self.current.pages <= 1 and (self.expected is not None or self._page_length != self.page_size):
            return SINGLE_PAGE
        if self._overlap_held and not self._is_aligned:
            return OVERLAPPING_PAGES
        return NONE if self.expected is None else UNCHANGING_TOTAL
