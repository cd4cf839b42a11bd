"""Clocks for tests: time passes when something waits for it, and nobody sleeps."""

import threading
import time

from tap_freshsales_users.api.clock import Clock

# How long a thread may really stand still for another one's answer before it looks again.
LOOK_SECONDS = 0.05


class SkippingClock(Clock):
    """The real time, moved on by every wait."""

    def __init__(self) -> None:
        super().__init__()
        self._skipped_seconds = 0.0
        self._lock = threading.Lock()
        self.waits: list[float] = []

    def time(self) -> float:
        return time.time() + self._skipped_seconds

    def wait(self, seconds: float) -> None:
        self._skip(seconds)
        super().wait(0)

    def wait_for(self, condition: threading.Condition, seconds: float | None) -> None:
        if seconds is None:
            super().wait_for(condition, LOOK_SECONDS)
        else:
            self._skip(seconds)
            super().wait_for(condition, 0)

    def _skip(self, seconds: float) -> None:
        with self._lock:
            self._skipped_seconds += seconds
            self.waits.append(seconds)
