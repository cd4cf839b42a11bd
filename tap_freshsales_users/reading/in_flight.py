"""Pages under way side by side: asked for as the walk tells, taken in its order, bounded in number."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeVar

from tap_freshsales_users.api.workers import Job, Workers
from tap_freshsales_users.reading.page import Ask
from tap_freshsales_users.reading.walk import Walk

T = TypeVar("T")
R = TypeVar("R")


def read_pages(
    walk: Walk, fetch: Callable[[Ask], T], take: Callable[[Ask, T], R], workers: Workers
) -> Iterator[R]:
    """What `take` makes of each page that the walk wants, in order.

    `fetch` runs beside the caller, `take` (decode, and feed the walk) in it. The next pages are asked for
    before one is handed out, so that the wire works while the caller writes; no more than `workers.count`
    are held, under way or waiting, however slow the caller is.
    """
    under_way: deque[tuple[Ask, Job[T]]] = deque()

    def fill() -> None:
        while len(under_way) < workers.count and (ask := walk.next_ask()) is not None:
            under_way.append((ask, workers.submit(lambda ask=ask: fetch(ask))))  # type: ignore[misc]

    try:
        fill()
        while under_way:
            ask, job = under_way.popleft()
            if ask.epoch == walk.epoch:
                taken = take(ask, job.result())
                fill()
                yield taken
            else:
                job.abandon()
                fill()
    finally:
        for _, job in under_way:
            job.abandon()
