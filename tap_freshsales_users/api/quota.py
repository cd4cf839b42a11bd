"""The account's shared budget of requests: pure decisions, the clock is passed in.

Asked before every request, told about every answer. What the server's headers say is believed over the
settings. Times are seconds since the epoch.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

HOUR_SECONDS = 3600
MINUTE_SECONDS = 60
TOO_MANY_REQUESTS = 429
# From here on an answer may come from something in front of the server that keeps the quota.
SERVER_ERROR = 500
LONGEST_BLIND_WAIT_SECONDS = 60
# A reset beyond these is a point in time: epoch seconds since 1973, or epoch milliseconds.
EPOCH_SECONDS_FROM = 10**8
EPOCH_MILLISECONDS_FROM = 10**11
# No quota comes back later: what says so is another unit, or no moment at all.
FURTHEST_RESET_SECONDS = 366 * 24 * HOUR_SECONDS


@dataclass(frozen=True)
class Go:
    """Send the request, and give `ticket` back with its answer; tickets grow."""

    ticket: int


@dataclass(frozen=True)
class Pause:
    """Nothing may be sent before `until`."""

    until: float
    reason: str


@dataclass(frozen=True)
class AwaitAnswer:
    """Ask again once a request under way was answered: its headers decide."""


@dataclass(frozen=True)
class Exhausted:
    """The quota comes back later than the run may wait."""

    resets_at: float


Verdict = Go | Pause | AwaitAnswer | Exhausted


@dataclass(frozen=True)
class Told:
    """What one answer's headers say of the quota; None where they say nothing."""

    limit: int | None
    remaining: int | None
    resets_at: float | None
    retry_at: float | None


def read_headers(headers: Mapping[str, str], now: float) -> Told:
    """`X-RateLimit-*`, `RateLimit-*` and `Retry-After`, whatever their letter case.

    A reset is epoch seconds, epoch milliseconds or seconds from now, told apart by its size.
    """
    found = {name.lower(): value for name, value in headers.items()}

    def number(field: str) -> float | None:
        text = found.get(f"x-ratelimit-{field}") or found.get(f"ratelimit-{field}") or ""
        match = re.match(r"\s*(\d{1,20}(?:\.\d+)?)(?!\d)", text)
        return float(match[1]) if match else None

    limit, remaining, reset = number("limit"), number("remaining"), number("reset")
    return Told(
        limit=None if limit is None else int(limit),
        remaining=None if remaining is None else int(remaining),
        resets_at=None if reset is None else _moment(reset, now),
        retry_at=_retry_at(found.get("retry-after", ""), now),
    )


def _moment(reset: float, now: float) -> float | None:
    if reset >= EPOCH_MILLISECONDS_FROM:
        reset /= 1000
    elif reset < EPOCH_SECONDS_FROM:
        reset += now
    return reset if reset <= now + FURTHEST_RESET_SECONDS else None


def _retry_at(text: str, now: float) -> float | None:
    if re.fullmatch(r"\s*\d+(\.\d+)?\s*", text):
        return _moment(float(text), now)
    try:
        return _moment(parsedate_to_datetime(text).timestamp(), now)
    except (ValueError, OverflowError):
        return None


class Quota:
    def __init__(
        self, *, requests_per_hour: int, requests_per_minute: int, reserve: int, max_wait_seconds: float
    ) -> None:
        self._per_hour = requests_per_hour
        self._per_minute = requests_per_minute
        self._reserve = reserve
        self._max_wait_seconds = max_wait_seconds
        self._sent: deque[float] = deque(maxlen=max(requests_per_hour, requests_per_minute))
        self._ticket = 0
        self._in_flight = 0
        self._told = Told(None, None, None, None)
        # Requests that were perhaps counted, and told nothing of what is left.
        self._untold = 0
        self._heard_at_ticket = 0
        # Until a request of this window was answered, it goes alone: it costs one refusal, not one a worker.
        self._probing = True
        self._probing_since_ticket = 0
        self._closed_until = 0.0
        self._closed_for = ""
        self._blind_refusals = 0
        self._waited_seconds = 0.0

    @property
    def left(self) -> int | None:
        """Requests that the server said are left, the reserve included."""
        return self._told.remaining

    @property
    def limit(self) -> int | None:
        return self._told.limit

    def ask(self, now: float) -> Verdict:
        if now < self._closed_until:
            return self._pause()
        if (
            self._told.resets_at is not None
            and self._told.remaining is not None
            and now >= self._told.resets_at
        ):
            self._told = Told(self._told.limit, None, None, None)
            self._probe()
        if self._probing and self._in_flight:
            return AwaitAnswer()
        if not self._probing:
            verdict = self._spare(now) if self._told.remaining is not None else self._pace(now)
            if verdict is not None:
                return verdict
        self._ticket += 1
        self._in_flight += 1
        self._sent.append(now)
        return Go(self._ticket)

    def answered(self, ticket: int, now: float, status: int, headers: Mapping[str, str]) -> None:
        self._in_flight -= 1
        told = read_headers(headers, now)
        self._listen(ticket, told)
        if ticket <= self._probing_since_ticket:
            return  # sent before the refusal or the reset: no news of what came after
        if status == TOO_MANY_REQUESTS:
            self._refused(now, told)
        elif status < SERVER_ERROR or told.remaining is not None:
            self._probing = False
            self._blind_refusals = 0

    def unanswered(self) -> None:
        """The request failed on the wire; whether it was counted is not known."""
        self._in_flight -= 1
        self._hear_nothing()

    def _listen(self, ticket: int, told: Told) -> None:
        """Keep a number that what is truly left is never below, but for what is untold and under way.

        Only a request sent after the last answer came was counted after all that were answered. Of the others
        nobody knows in which order the server counted them, and the lower number is the safe one.
        """
        if told.remaining is None:
            self._hear_nothing()
            return
        is_newest = ticket > self._heard_at_ticket
        self._heard_at_ticket = self._ticket
        if is_newest:
            self._untold = 0
        if is_newest or self._told.remaining is None or told.remaining <= self._told.remaining:
            self._told = told

    def _hear_nothing(self) -> None:
        self._untold += 1
        self._heard_at_ticket = self._ticket

    def _probe(self) -> None:
        self._probing = True
        self._probing_since_ticket = self._ticket

    def _refused(self, now: float, told: Told) -> None:
        self._probe()
        until = told.retry_at or told.resets_at
        if until is not None and until > now:
            self._close(now, until, "the server refused a request (429) and said when to come back")
            return
        wait_seconds = min(2**self._blind_refusals, LONGEST_BLIND_WAIT_SECONDS)
        self._blind_refusals += 1
        self._close(now, now + wait_seconds, "the server refused a request (429) and did not say until when")

    def _spare(self, now: float) -> Verdict | None:
        """Hold what the headers say is left against the reserve and what is under way."""
        spare = (self._told.remaining or 0) - self._untold - self._scaled_reserve()
        if spare > self._in_flight:
            return None
        if self._in_flight:
            return AwaitAnswer()
        if self._told.resets_at is not None:
            self._close(now, self._told.resets_at, "the account's quota is used up but for the reserve")
        else:
            self._probe()
            self._close(
                now,
                now + LONGEST_BLIND_WAIT_SECONDS,
                "the account's quota is used up but for the reserve; the server does not say until when",
            )
        return self._pause()

    def _scaled_reserve(self) -> int:
        """The reserve is meant for an hour; of a smaller limit, the same share is left."""
        limit = self._told.limit
        if limit is None:
            return self._reserve
        return min(self._reserve, limit * self._reserve // self._per_hour)

    def _pace(self, now: float) -> Verdict | None:
        """With no headers at all, keep to the settings."""
        while self._sent and self._sent[0] <= now - HOUR_SECONDS:
            self._sent.popleft()
        allowed = self._per_hour - self._reserve
        if len(self._sent) >= allowed:
            self._close(
                now, self._sent[-allowed] + HOUR_SECONDS, "`requests_per_hour` less `quota_reserve` are spent"
            )
            return self._pause()
        if len(self._sent) >= self._per_minute and self._sent[-self._per_minute] > now - MINUTE_SECONDS:
            until = self._sent[-self._per_minute] + MINUTE_SECONDS
            self._close(now, until, "`requests_per_minute` are spent")
            return self._pause()
        return None

    def _close(self, now: float, until: float, reason: str) -> None:
        """Each second of waiting counts once, however many requests wait."""
        if until > self._closed_until:
            self._waited_seconds += until - max(now, self._closed_until)
            self._closed_until, self._closed_for = until, reason

    def _pause(self) -> Verdict:
        if self._waited_seconds > self._max_wait_seconds:
            return Exhausted(self._closed_until)
        return Pause(self._closed_until, self._closed_for)
