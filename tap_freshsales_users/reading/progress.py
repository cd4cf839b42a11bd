"""What a long read logs while it goes on: first its cost, once the total is known, then how far it is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TypeVar

from tap_freshsales_users.api.clock import Clock
from tap_freshsales_users.api.quota_gate import QuotaGate
from tap_freshsales_users.reading.walk import Walk

REPORT_EVERY_SECONDS = 10

T = TypeVar("T")


def quota_in_words(quota_gate: QuotaGate) -> str:
    """What is left, as the end of a sentence; empty if the server does not say."""
    if quota_gate.left is None:
        return ""
    limit = "" if quota_gate.limit is None else f" of {quota_gate.limit}"
    return f"; the account's quota has {quota_gate.left} left{limit}"


class Progress:
    """Lines for a terminal and a log file alike: at most one every 10 s after the first."""

    def __init__(
        self, stream: str, walk: Walk, quota_gate: QuotaGate, clock: Clock, logger: logging.Logger
    ) -> None:
        self._stream = stream
        self._walk = walk
        self._quota_gate = quota_gate
        self._clock = clock
        self._logger = logger
        self._started = self._reported = clock.time()
        self._pages = 0

    def watch(self, pages: Iterator[T]) -> Iterator[T]:
        """The same pages; each is counted, and told of, before it is handed on."""
        for page in pages:
            self._page_taken()
            yield page

    def _page_taken(self) -> None:
        self._pages += 1
        now = self._clock.time()
        if self._pages == 1:
            self._tell_cost()
        elif now - self._reported >= REPORT_EVERY_SECONDS:
            self._reported = now
            self._tell_share(now - self._started)

    def _tell_cost(self) -> None:
        total, to_come = self._walk.expected, self._walk.planned
        if total is None or to_come == 0:
            return
        left = quota_in_words(self._quota_gate)
        self._logger.info("%s: %d records, %d more requests to come%s.", self._stream, total, to_come, left)

    def _tell_share(self, elapsed_seconds: float) -> None:
        records, total = self._walk.current.distinct, self._walk.expected
        if not total or not records:
            self._logger.info("%s: %d records on %d pages so far.", self._stream, records, self._pages)
            return
        share = min(records / total, 1)
        self._logger.info(
            "%s: %d of %d records on %d pages (%.0f %%), about %.0f s to go.",
            self._stream,
            records,
            total,
            self._pages,
            100 * share,
            elapsed_seconds * (1 - share) / share,
        )
