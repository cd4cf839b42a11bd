"""The walk over a list by page number, as the selectors of the REST API page."""

from __future__ import annotations

import math

from tap_freshsales_users.reading.evidence import (
    EMPTY_PAGE,
    NONE,
    REPEATED_PAGE,
    SINGLE_PAGE,
    TOTAL_REACHED,
    UNCHANGING_TOTAL,
)
from tap_freshsales_users.reading.page import Ask, Page
from tap_freshsales_users.reading.walk import RefusedError, Walk, another_count


class PageWalk(Walk):
    """Asks with `page`, from 1, and `per_page`. Uses `meta.total` if the server gives it.

    Pages cannot overlap. So a record that moves to a page already read is noticed only by a total.
    """

    def __init__(self, page_size: int) -> None:
        super().__init__(page_size)
        self._page_length = 0
        self._read = 0
        self._page_is_ignored = False

    @property
    def manner(self) -> str:
        if self.is_unpaged:
            paging = "paging refused, the list in one answer"
        elif self._page_is_ignored:
            paging = "`page` ignored, the whole list in every answer"
        else:
            paging = "`page` honoured"
        total = "no total to go by" if self.expected is None else "total given"
        return (
            f"{paging}, {self._page_length} records on the first page of {self.page_size} asked for, {total}"
        )

    def _ask_first(self) -> None:
        self._read = 0
        self.ask(self._criteria or {} if self.is_unpaged else self._params(1))

    def _ask_page(self, number: int) -> None:
        self.ask(self._params(number))

    def _params(self, number: int) -> dict[str, str | int]:
        return {"page": number, "per_page": self.page_size}

    def _looks(self, ask: Ask, page: Page) -> list[dict[str, str | int]]:
        if ask.is_check:
            return [ask.params]
        if page.is_empty:
            return [] if self.proves_end(page, self._read) else [ask.params]
        return [ask.params, self._params(ask.page + 1)] if self.seen.came_before(page.keys) else []

    def _feed(self, ask: Ask, page: Page) -> list[int]:
        if page.refused is not None:
            if self.ask_unpaged(ask):
                return []
            raise RefusedError(page.refused)
        if ask.is_check:
            self._settle_ignored_page(page)
            return []
        if page.is_empty:
            self.finish_pass(EMPTY_PAGE, self._consistency())
            return []
        if self.seen.came_before(page.keys):
            self._repeated(page)
            return []
        fresh = self.seen.meet(page.keys)
        self.seen.remember(page.keys)
        self.current.pages += 1
        self._read += len(page.keys)
        if ask.page == 1:
            self._page_length = len(page.keys)
            if self.is_unpaged:
                self.page_size = self._page_length  # what the server chose
        self._go_on(ask)
        return fresh

    def _go_on(self, ask: Ask) -> None:
        total = self.expected
        is_doubtful = ask.page == 1 and not self.is_unpaged and self.may_count_itself(self._read)
        if total is not None and self._read >= total and not is_doubtful:
            self.finish_pass(TOTAL_REACHED, self._consistency())
            return
        if total is None:
            self._ask_page(ask.page + 1)
            return
        planned = math.ceil(total / self._page_length)
        for number in range(self.last_page + 1, max(planned, ask.page + 1) + 1):
            self._ask_page(number)

    def _repeated(self, page: Page) -> None:
        """A page came again: the server ignores `page`, or repeats its last page."""
        self._page_is_ignored = self.current.pages == 1
        length = len(page.keys)
        is_full = self.expected is None and length == self.page_size
        if self._page_is_ignored and (is_full or self.may_count_itself(length)):
            # Every page equals the first, and may be cut. Ask with another count to see whether this is all.
            self.drop_asks()
            self.ask({"page": 1, "per_page": another_count(self._page_length)}, is_check=True)
            return
        self.finish_pass(REPEATED_PAGE, self._consistency())

    def _settle_ignored_page(self, page: Page) -> None:
        # As many records as before, or the same total: then the total counts the list, not the page.
        if self._page_length in {len(page.keys), page.total}:
            self.finish_pass(REPEATED_PAGE, self._consistency())
        else:
            self.give_up(
                REPEATED_PAGE, "paging_ignored: every page is the first one, and it is cut at `per_page`"
            )

    def _consistency(self) -> str:
        # A full page, and an empty page after it, are two looks at the list.
        is_one_look = (
            self.expected is not None or self._page_length != self.page_size or self._page_is_ignored
        )
        if self.current.pages <= 1 and is_one_look:
            return SINGLE_PAGE
        return NONE if self.expected is None else UNCHANGING_TOTAL
