"""The quota of the account. Every request on both surfaces uses it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_FORM = re.compile(r"(?P<limit>\d+)/(?P<length>\d+(?:\.\d+)?)?(?P<unit>[smh])(?:,\s*others@(?P<others>\d+))?")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left after a request was counted. `resets_at` is in seconds since 1970."""

    limit: int
    remaining: int
    resets_at: float
    is_refused: bool


class Quota:
    """A number of requests in each window. A window begins with its first request."""

    def __init__(
        self, limit: int, window: float, others: int = 0, clock: Callable[[], float] = time.time
    ) -> None:
        """Let other integrations of the account use `others` requests for each one here."""
        self.limit = limit
        self.window = window
        self.others = others
        self.clock = clock
        self._lock = Lock()
        self._spent = 0
        self._resets_at = 0.0

    @classmethod
    def parse(cls, text: str) -> Quota:
        """Read `1000/h`, `5/2s`, or `5/2s,others@1`.

        Raises ValueError with a sentence for the user.
        """
        match = _FORM.fullmatch(text.strip())
        if match is None or int(match["limit"]) == 0 or float(match["length"] or 1) == 0:
            raise ValueError(
                f"{text!r} is no quota: write REQUESTS/TIME, for example 1000/h, 5/2s or 1000/h,others@2"
            )
        window = float(match["length"] or 1) * _UNITS[match["unit"]]
        return cls(int(match["limit"]), window, int(match["others"] or 0))

    def spend(self) -> Standing:
        """Count a request, and those of others. Beyond the limit, it is refused and does not count."""
        with self._lock:
            now = self.clock()
            if now >= self._resets_at:
                self._spent = 0
                self._resets_at = now + self.window
            is_refused = self._spent >= self.limit
            if not is_refused:
                self._spent = min(self._spent + 1 + self.others, self.limit)
            return Standing(self.limit, self.limit - self._spent, self._resets_at, is_refused)
