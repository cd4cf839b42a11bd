"""Worker threads: they make a limited number of calls while the caller goes on."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from tap_freshsales_users.api.clock import LONGEST_NAP_SECONDS

T = TypeVar("T")


class OverdueError(Exception):
    """The result of a call did not come in time."""


class Job(Generic[T]):
    """One call, made by another thread. Without workers, `result` makes it itself."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._finished = threading.Event()
        self._claimed = threading.Lock()
        self._value: T
        self._error: BaseException | None = None

    def run(self) -> None:
        if not self._claimed.acquire(blocking=False):
            return
        try:
            self._value = self._call()
        except BaseException as error:  # noqa: BLE001 - `result` raises it
            self._error = error
        self._finished.set()

    def result(self, within_seconds: float = math.inf) -> T:
        """What the call returned; raises OverdueError, and what the call raised."""
        until = time.monotonic() + within_seconds
        while not self._finished.wait(min(max(until - time.monotonic(), 0), LONGEST_NAP_SECONDS)):
            if time.monotonic() >= until:
                raise OverdueError
        if self._error is not None:
            raise self._error
        return self._value

    def abandon(self) -> None:
        """Do not make the call, if it has not begun. Nobody asks for its result."""
        self._claimed.acquire(blocking=False)


class Workers:
    """Makes at most `count` calls at once. With 1, the caller makes each call itself, without a thread."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._jobs: queue.SimpleQueue[Job[object] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def submit(self, call: Callable[[], T]) -> Job[T]:
        """Make this call in a worker; its `result` waits for it."""
        job = _CallersJob(call) if self.count == 1 else Job(call)
        if self.count > 1:
            if len(self._threads) < self.count:
                # Daemon threads: an interrupted run can end although a request hangs.
                thread = threading.Thread(target=self._work, daemon=True, name=f"page-{len(self._threads)}")
                self._threads.append(thread)
                thread.start()
            self._jobs.put(job)  # type: ignore[arg-type]
        return job

    def stop(self) -> None:
        """End the threads as soon as their calls return. Nobody waits for that."""
        for _ in self._threads:
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job.run()


class _CallersJob(Job[T]):
    def result(self, within_seconds: float = math.inf) -> T:
        self.run()
        return super().result(within_seconds)
