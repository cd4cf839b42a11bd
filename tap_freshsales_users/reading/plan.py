"""The questions of a walk: which are to be asked, and how many wait for their answers."""

from __future__ import annotations

from collections import deque

from tap_freshsales_users.reading.page import Ask, Params


class Plan:
    """The questions of one pass. `epoch` grows each time the plan is dropped."""

    def __init__(self) -> None:
        self.epoch = 0
        # The page of the last question; pages are counted from 1 within a pass.
        self.page = 0
        self._asks: deque[Ask] = deque()
        self._under_way = 0

    @property
    def size(self) -> int:
        """Questions that are to be asked, or wait for their answers."""
        return len(self._asks) + self._under_way

    def add(self, params: Params, *, is_check: bool, is_first_pass: bool) -> None:
        self.page += 1
        is_first = self.page == 1 and is_first_pass
        self._asks.append(Ask(params, self.page, self.epoch, is_check, is_first))

    def next(self) -> Ask | None:
        """The next question, once; None if there is none to ask now."""
        if not self._asks:
            return None
        self._under_way += 1
        return self._asks.popleft()

    def answered(self) -> None:
        """The answer to a question of the current epoch came."""
        self._under_way -= 1

    def drop(self) -> None:
        """Forget all questions. Answers to those under way are not wanted any more."""
        self._asks.clear()
        self._under_way = 0
        self.epoch += 1

    def go_back(self, page: int) -> None:
        """Forget all questions; the next one asks for this page."""
        self.drop()
        self.page = page - 1
