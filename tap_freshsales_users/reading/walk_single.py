"""The walk with a single question: one object, or only the first page."""

from __future__ import annotations

from tap_freshsales_users.reading.evidence import SINGLE_OBJECT, SINGLE_PAGE, End
from tap_freshsales_users.reading.page import Ask, Page
from tap_freshsales_users.reading.walk import RefusedError, Walk


class SingleWalk(Walk):
    """Asks one question. If the server refuses its paging parameters, it is asked without them."""

    def __init__(self, params: dict[str, str | int] | None = None) -> None:
        super().__init__(page_size=1)
        self._params = params or {}

    @property
    def manner(self) -> str:
        return "one object"

    @property
    def _criteria(self) -> dict[str, str | int] | None:
        # A server probably refuses the filter, if there is one. Without parameters, nothing can be left out.
        return {} if self._params and "filter" not in self._params else None

    def _ask_first(self) -> None:
        self.ask(self._params)

    def _looks(self, ask: Ask, page: Page) -> list[dict[str, str | int]]:  # noqa: ARG002
        return []

    def _feed(self, ask: Ask, page: Page) -> list[int]:
        if page.refused is not None:
            if self.ask_unpaged(ask):
                return []
            raise RefusedError(page.refused)
        fresh = self.seen.meet(page.keys)
        self._finish(End(SINGLE_OBJECT, SINGLE_PAGE, is_complete=True))
        return fresh
