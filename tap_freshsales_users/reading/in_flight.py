"""Several page requests at once: in the order of the walk, and never more than a given number."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from tap_freshsales_users.api.workers import Job, Workers
from tap_freshsales_users.reading.page import Ask
from tap_freshsales_users.reading.walk import Walk

T = TypeVar("T")
R = TypeVar("R")


def read_pages(
    walk: Walk, fetch: Callable[[Ask], T], take: Callable[[Ask, T], R], workers: Workers
) -> Iterator[R]:
    """What `take` makes of each page that the walk asks for, in the order of the walk.

    `fetch` runs in the workers. `take`, which decodes an answer and feeds the walk, runs in the caller. The
    next pages are asked for before a page is handed out, so requests go on while the caller writes. However
    slow the caller is, at most `workers.count` pages are under way or waiting.
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


def side_by_side(calls: Iterable[Callable[[], T]], workers: Workers) -> Iterator[T]:
    """The results of these calls, in their order; no more than `workers.count` are under way at once."""
    under_way: deque[Job[T]] = deque()
    try:
        for call in calls:
            if len(under_way) == workers.count:
                yield under_way.popleft().result()
            under_way.append(workers.submit(call))
        while under_way:
            yield under_way.popleft().result()
    finally:
        for job in under_way:
            job.abandon()
