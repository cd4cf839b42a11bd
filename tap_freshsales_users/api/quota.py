"""The quota of requests that all users of the account share. This module decides; it neither waits nor sends.

It is asked before every request, and is told about every answer. What the headers of the server say counts
more than the settings. Times are seconds since 1970.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from tap_freshsales_users.api.quota_headers import Told, read_headers

HOUR_SECONDS = 3600
MINUTE_SECONDS = 60
LONGEST_BLIND_WAIT_SECONDS = 60
# For these statuses a Retry-After does not matter: another try has the same credential, address and proxy.
NEVER_THROTTLED = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED}
)


@dataclass(frozen=True)
class Go:
    """Send the request, and give `ticket` back with its answer. A later ticket is greater."""

    ticket: int


@dataclass(frozen=True)
class Pause:
    """No request may be sent before `until`."""

    until: float
    reason: str


@dataclass(frozen=True)
class AwaitAnswer:
    """Ask again after a request under way was answered: its headers decide."""


@dataclass(frozen=True)
class Exhausted:
    """The quota comes back only after the run must end its wait."""

    resets_at: float


Verdict = Go | Pause | AwaitAnswer | Exhausted


class Quota:
    """What is known about the quota. `max_wait_seconds` is for all waits of the run together."""

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
        # Requests that the server perhaps counted, but whose answers said nothing about the quota.
        self._untold = 0
        self._heard_at_ticket = 0
        # The first request of a window is sent alone: so at most one is refused, and not one for each worker.
        self._probing = True
        self._probing_since_ticket = 0
        self._closed_until = 0.0
        self._closed_for = ""
        self._blind_refusals = 0
        self._waited_seconds = 0.0

    @property
    def left(self) -> int | None:
        """How many requests are left, as the server says; the reserve is included."""
        return self._told.remaining

    @property
    def limit(self) -> int | None:
        """How many requests a window has, as the server says; None if it does not."""
        return self._told.limit

    def ask(self, now: float) -> Verdict:
        """Whether a request may be sent now."""
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

    def answered(self, ticket: int, now: float, status: int, headers: Mapping[str, str]) -> bool:
        """Take an answer; whether it says that the request came too early."""
        self._in_flight -= 1
        told = read_headers(headers, now)
        self._listen(ticket, told)
        is_throttled = _is_throttled(status, told)
        if ticket <= self._probing_since_ticket:
            return is_throttled  # sent before the refusal or the reset, so it says nothing about now
        if is_throttled:
            self._refused(now, told, status)
        # An answer of 500 or above may come from a proxy in front of the server that counts requests.
        elif status < HTTPStatus.INTERNAL_SERVER_ERROR or told.remaining is not None:
            self._probing = False
            self._blind_refusals = 0
        return is_throttled

    def unanswered(self) -> None:
        """The request failed without an answer. Perhaps the server counted it."""
        self._in_flight -= 1
        self._hear_nothing()

    def _listen(self, ticket: int, told: Told) -> None:
        """Keep a lower bound on the requests left; those still unanswered are subtracted separately.

        If a request was sent after the last answer came, the server counted it last: its number is the
        newest. Otherwise the order in which the server counted is not known, and the lower number is kept.
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

    def _refused(self, now: float, told: Told, status: int) -> None:
        self._probe()
        until = told.retry_at or told.resets_at
        if until is not None and until > now:
            self._close(now, until, f"the server refused a request ({status}) and said when to come back")
            return
        wait_seconds = min(2**self._blind_refusals, LONGEST_BLIND_WAIT_SECONDS)
        self._blind_refusals += 1
        reason = f"the server refused a request ({status}) and did not say until when"
        self._close(now, now + wait_seconds, reason)

    def _spare(self, now: float) -> Verdict | None:
        """Compare what is left, by the headers, with the reserve and the requests under way."""
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
        """The reserve, which is meant for `requests_per_hour`. A smaller limit keeps the same share."""
        limit = self._told.limit
        if limit is None:
            return self._reserve
        return min(self._reserve, limit * self._reserve // self._per_hour)

    def _pace(self, now: float) -> Verdict | None:
        """If there are no headers, keep to the settings."""
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
        """Allow no request before `until`. Each second of waiting counts once, however many requests wait."""
        if until > self._closed_until:
            self._waited_seconds += until - max(now, self._closed_until)
            self._closed_until, self._closed_for = until, reason

    def _pause(self) -> Verdict:
        if self._waited_seconds > self._max_wait_seconds:
            return Exhausted(self._closed_until)
        return Pause(self._closed_until, self._closed_for)


def _is_throttled(status: int, told: Told) -> bool:
    """Whether the status is 429, or another refusal that says when to come back."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    is_client_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    is_refusal = is_client_error and status not in NEVER_THROTTLED
    return is_refusal and told.retry_at is not None
