"""Time, and waits that end at once when the run is stopped."""

from __future__ import annotations

import threading
import time

# If a signal comes just as the main thread falls asleep, Python handles it only when the thread wakes up.
LONGEST_NAP_SECONDS = 0.2


class Stopped(Exception):  # noqa: N818 - a signal between threads, not an error
    """The run is ending: every wait ends with this."""


class Clock:
    """The time, and waits that another thread can end."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def time(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def wait(self, seconds: float) -> None:
        """Wait so many seconds; raises Stopped as soon as `stop` is called."""
        until = time.monotonic() + seconds
        while not self._stopped.wait(min(max(until - time.monotonic(), 0), LONGEST_NAP_SECONDS)):
            if time.monotonic() >= until:
                return
        raise Stopped

    def wait_for(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait on a condition that this thread holds, at most so many seconds; raises Stopped.

        It may return early, so look at the condition again.
        """
        condition.wait(LONGEST_NAP_SECONDS if seconds is None else min(seconds, LONGEST_NAP_SECONDS))
        if self._stopped.is_set():
            raise Stopped

    def stop(self) -> None:
        """End all waits, now and later, with Stopped."""
        self._stopped.set()
