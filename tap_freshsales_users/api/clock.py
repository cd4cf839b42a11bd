"""Time, and waits that end at once when the run is stopped."""

from __future__ import annotations

import threading
import time

# Python forgets a signal that comes just as its main thread falls asleep, until that wakes up again.
LONGEST_NAP_SECONDS = 0.2


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
        until = time.monotonic() + seconds
        while not self._stopped.wait(min(max(until - time.monotonic(), 0), LONGEST_NAP_SECONDS)):
            if time.monotonic() >= until:
                return
        raise Stopped

    def wait_for(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait on a condition that is held, at most so long, or less: look again. Raises Stopped."""
        condition.wait(LONGEST_NAP_SECONDS if seconds is None else min(seconds, LONGEST_NAP_SECONDS))
        if self._stopped.is_set():
            raise Stopped

    def stop(self) -> None:
        self._stopped.set()
