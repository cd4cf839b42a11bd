"""The progress of a read on a terminal: one line on stderr, which is drawn again in place.

Only the command draws it, and only if a person can see it: see `is_wanted`.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from tap_freshsales_users.api.quota_gate import QuotaGate
from tap_freshsales_users.reading.walk import Walk

T = TypeVar("T")


def is_wanted() -> bool:
    """Whether stderr is a terminal, and records do not scroll over the same one."""
    return sys.stderr.isatty() and not sys.stdout.isatty()


def draw(stream: str, walk: Walk, quota_gate: QuotaGate, pages: Iterator[T]) -> Iterator[T]:
    """The same pages. The line shows records, pages, quota, and the time to come if a total is known."""
    # Loaded only here: without a terminal, no run pays for it.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[facts]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # the records go there
    )
    with shown, _log_above_the_line():
        task = shown.add_task(stream, total=None, facts="the first page")
        for taken, page in enumerate(pages, start=1):
            shown.update(
                task,
                total=walk.expected,
                completed=walk.current.distinct,
                facts=_facts(walk, quota_gate, taken),
                refresh=taken == 1,  # later ones are drawn a few times a second
            )
            yield page


def _facts(walk: Walk, quota_gate: QuotaGate, pages: int) -> str:
    records = f"{walk.current.distinct}"
    if walk.expected is not None:
        records += f" of {walk.expected}"
        pages_to_come = f" of {pages + walk.planned}" if walk.planned else ""
    else:
        pages_to_come = ""
    left = "" if quota_gate.left is None else f", quota {quota_gate.left} left"
    return f"{records} records, {pages}{pages_to_come} pages{left}"


@contextmanager
def _log_above_the_line() -> Iterator[None]:
    """Let the log use the stderr that `rich` puts in place while it draws: it writes above the line."""
    handlers = [
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.__stderr__
    ]
    for handler in handlers:
        handler.setStream(sys.stderr)
    try:
        yield
    finally:
        for handler in handlers:
            handler.setStream(sys.__stderr__)
