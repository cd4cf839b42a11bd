"""A server with a quota, and a client with requests under way side by side, on a clock that is only counted.

What a `Quota` decides is held against what the server then does. Nothing here knows how it decides.
"""

import heapq
import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from tap_freshsales_users.api.quota import AwaitAnswer, Exhausted, Go, Pause, Quota

OK, TOO_MANY_REQUESTS, UNAVAILABLE = 200, 429, 503
START = 1_800_000_000.0
MOST_EVENTS = 100_000


@dataclass(frozen=True)
class Standing:
    limit: int
    remaining: int
    resets_at: float
    is_refused: bool


Headers = Callable[[Standing, float], Mapping[str, str]]


def epoch_seconds(standing: Standing, now: float) -> Mapping[str, str]:  # noqa: ARG001
    return _headers("X-RateLimit", standing, math.ceil(standing.resets_at))


def epoch_milliseconds(standing: Standing, now: float) -> Mapping[str, str]:  # noqa: ARG001
    return _headers("x-ratelimit", standing, math.ceil(standing.resets_at * 1000))


def seconds_from_now(standing: Standing, now: float) -> Mapping[str, str]:
    return _headers("RateLimit", standing, math.ceil(standing.resets_at - now))


def retry_after_only(standing: Standing, now: float) -> Mapping[str, str]:
    if not standing.is_refused:
        return {}
    return {"Retry-After": str(math.ceil(standing.resets_at - now))}


def nothing(standing: Standing, now: float) -> Mapping[str, str]:  # noqa: ARG001
    return {}


def _headers(prefix: str, standing: Standing, reset: int) -> Mapping[str, str]:
    return {
        f"{prefix}-Limit": str(standing.limit),
        f"{prefix}-Remaining": str(standing.remaining),
        f"{prefix}-Reset": str(reset),
    }


@dataclass
class WindowServer:
    """So many requests in each window, which begins with its first request; a refused one costs nothing."""

    limit: int
    window_seconds: float
    headers: Headers
    resets_at: float = 0.0
    spent: int = 0
    window: int = 0
    refused: Counter[int] = field(default_factory=Counter)  # by window
    most_spent: int = 0

    def ask(self, now: float) -> tuple[int, Mapping[str, str]]:
        if now >= self.resets_at:
            self.window += 1
            self.spent, self.resets_at = 0, now + self.window_seconds
        is_refused = self.spent >= self.limit
        if is_refused:
            self.refused[self.window] += 1
        else:
            self.spent += 1
            self.most_spent = max(self.most_spent, self.spent)
        standing = Standing(self.limit, self.limit - self.spent, self.resets_at, is_refused)
        return TOO_MANY_REQUESTS if is_refused else OK, self.headers(standing, now)


@dataclass(frozen=True)
class Trip:
    """How long a request takes to the server and back, and what becomes of it on the way."""

    there_seconds: float = 0.1
    back_seconds: float = 0.1
    # Counted by the server, and then "lost" on the way back, or "broken": a 503 that tells nothing.
    # A refusal always arrives: of one that does not nobody can know.
    fate: str = "arrives"


@dataclass
class Client:
    """Sends `requests` requests, `in_flight` at a time, as the quota lets it; repeats what was refused."""

    quota: Quota
    server: WindowServer
    in_flight: int
    trips: list[Trip]
    pauses: list[Pause] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    exhausted: Exhausted | None = None
    now: float = START
    # Not in turn: then the same request of each window could be lost for ever.
    chance: Random = field(default_factory=lambda: Random(7))

    def send(self, requests: int) -> None:
        """Until all are answered, or the quota is exhausted."""
        to_do, under_way = requests, 0
        events: list[tuple[float, int, Callable[[], int]]] = []
        for _ in range(MOST_EVENTS):
            while to_do and under_way < self.in_flight:
                verdict = self.quota.ask(self.now)
                if isinstance(verdict, Go):
                    trip = self.chance.choice(self.trips)
                    self.sent.append(self.now)
                    to_do, under_way = to_do - 1, under_way + 1
                    self._depart(events, verdict.ticket, trip)
                    continue
                if isinstance(verdict, Exhausted):
                    self.exhausted = verdict
                    to_do = 0
                elif isinstance(verdict, Pause):
                    assert verdict.until > self.now, "a pause that is over already"
                    self.pauses.append(verdict)
                    if not events or events[0][0] > verdict.until:
                        self.now = verdict.until
                        continue
                else:
                    assert isinstance(verdict, AwaitAnswer)
                    assert under_way, "waits for an answer, and nothing is under way"
                break
            if not events:
                return
            self.now, _, happen = heapq.heappop(events)
            again = happen()
            if again >= 0:
                under_way -= 1
                to_do += 0 if self.exhausted else again
        raise AssertionError("it does not end")

    def _depart(self, events: list[tuple[float, int, Callable[[], int]]], ticket: int, trip: Trip) -> None:
        """Put its arrival among the events; each returns how many requests are to do again, or -1."""

        def arrive() -> int:
            status, headers = self.server.ask(self.now)
            if trip.fate == "broken" and status == OK:
                status, headers = UNAVAILABLE, {}

            def answer() -> int:
                if trip.fate == "lost" and status == OK:
                    self.quota.unanswered()
                    return 1
                self.quota.answered(ticket, self.now, status, headers)
                return int(status != OK)

            heapq.heappush(events, (self.now + trip.back_seconds, -ticket, answer))
            return -1

        heapq.heappush(events, (self.now + trip.there_seconds, ticket, arrive))
