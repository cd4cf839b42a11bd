"""Time, and waits that end at once when the run is stopped."""

from __future__ import annotations

import threading
import time


class Stopped(Exception):  # noqa: N818 - a signal between threads, not an error
    """The run is ending: whatever waits gives up."""


class Clock:
    def __init__(self) -> None:
        self._stopped = threading.Event()

    def time(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def wait(self, seconds: float) -> None:
        """Raises Stopped as soon as `stop` was called."""
        if self._stopped.wait(seconds):
            raise Stopped

    def wait_for(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait on a condition that is held, at most so long; None is until it is notified. Raises Stopped."""
        condition.wait(seconds)
        if self._stopped.is_set():
            raise Stopped

    def stop(self) -> None:
        self._stopped.set()
