"""The gate where requests of all threads wait for the quota."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import UTC, datetime

from tap_freshsales_users.api.clock import Clock
from tap_freshsales_users.api.quota import Exhausted, Go, Pause, Quota
from tap_freshsales_users.errors import QuotaExhaustedError

ANNOUNCE_EVERY_SECONDS = 30


class QuotaGate:
    """Lets requests through as the quota decides. The log tells each wait at its start, then every 30 s."""

    def __init__(self, quota: Quota, clock: Clock, logger: logging.Logger) -> None:
        self._quota = quota
        self._clock = clock
        self._logger = logger
        self._changed = threading.Condition()
        self._announce_at = 0.0

    def enter(self) -> int:
        """Wait for the quota. Returns the ticket for `leave`; raises QuotaExhaustedError, Stopped."""
        with self._changed:
            while True:
                now = self._clock.time()
                verdict = self._quota.ask(now)
                if isinstance(verdict, Go):
                    self._announce_at = 0.0
                    return verdict.ticket
                if isinstance(verdict, Exhausted):
                    raise self._exhausted(verdict.resets_at)
                if isinstance(verdict, Pause):
                    self._announce(verdict, now)
                    seconds = min(verdict.until, self._announce_at) - now
                    self._clock.wait_for(self._changed, max(seconds, 0.001))
                else:
                    self._clock.wait_for(self._changed, None)

    def leave(self, ticket: int, status: int, headers: Mapping[str, str]) -> bool:
        """Note an answer; whether it says that the request came too early."""
        with self._changed:
            is_throttled = self._quota.answered(ticket, self._clock.time(), status, headers)
            self._changed.notify_all()
        return is_throttled

    def leave_unanswered(self) -> None:
        """Note that a request had no answer. Perhaps the server counted it."""
        with self._changed:
            self._quota.unanswered()
            self._changed.notify_all()

    def stop(self) -> None:
        """Wake all threads that wait here; call it after `Clock.stop`."""
        with self._changed:
            self._changed.notify_all()

    @property
    def left(self) -> int | None:
        """How many requests are left in this window, as the server says; the reserve is included."""
        return self._quota.left

    @property
    def limit(self) -> int | None:
        """How many requests a window has, as the server says; None if it does not."""
        return self._quota.limit

    def _announce(self, pause: Pause, now: float) -> None:
        if now < self._announce_at:
            return
        self._announce_at = now + ANNOUNCE_EVERY_SECONDS
        self._logger.info(
            "Waiting %.0f s, until %s: %s.", max(pause.until - now, 1), _utc(pause.until), pause.reason
        )

    def _exhausted(self, resets_at: float) -> QuotaExhaustedError:
        return QuotaExhaustedError(
            f"The account's quota of requests is used up until {_utc(resets_at)}",
            "That is longer than `max_quota_wait_seconds` allows the run to wait. Finished streams are kept: "
            "run again after the reset, or raise `max_quota_wait_seconds`.",
            retry_at=resets_at,
        )


def _utc(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
