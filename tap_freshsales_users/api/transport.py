"""One GET: let through by the gate, sent, retried where that can help, and classified."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn, Protocol
from urllib.parse import urlencode

from tap_freshsales_users.api.faults import SERVER_AT_FAULT, Problem, explain, of_proxy_answer
from tap_freshsales_users.api.quota_headers import read_moment
from tap_freshsales_users.api.redirects import FOLLOWED, RefusedRedirectError, follow
from tap_freshsales_users.api.route import Route, UnusableRouteError, find_route
from tap_freshsales_users.api.wire import (
    WIRE_ERRORS,
    Bounds,
    OversizedError,
    Reply,
    StaleConnectionError,
    Wire,
)
from tap_freshsales_users.errors import (
    CredentialRefusedError,
    PermissionRefusedError,
    UnreachableError,
    UpstreamMalformedError,
    UpstreamUnavailableError,
)

if TYPE_CHECKING:
    from tap_freshsales_users.api.clock import Clock
    from tap_freshsales_users.api.quota_gate import Gate
    from tap_freshsales_users.api.surface import Surface

LONGEST_BACKOFF_SECONDS = 60
OK, BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, PROXY_AUTHENTICATION_REQUIRED = (
    200,
    400,
    401,
    403,
    404,
    407,
)
REQUEST_TIMEOUT, TOO_EARLY, TOO_MANY_REQUESTS, SERVER_ERROR, NOT_IMPLEMENTED = 408, 425, 429, 500, 501
# What the caller decides on: they mean different things on different pages.
ANSWERS = frozenset({OK, BAD_REQUEST, NOT_FOUND, NOT_IMPLEMENTED})
# RFC 9110 says of these that the client may repeat the request.
REPEATABLE = frozenset({REQUEST_TIMEOUT, TOO_EARLY})


class Tally(Protocol):
    """Counts the requests sent for one stream."""

    api_requests: int


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for, and in whose name an error speaks of it."""

    stream: str
    path: str
    params: Mapping[str, str | int]
    page: int

    @property
    def relative_url(self) -> str:
        return f"{self.path}?{urlencode(self.params)}" if self.params else self.path


@dataclass(frozen=True, slots=True)
class Answer:
    """A 200, 400, 404 or 501 with its whole body; `attempts` were needed to get it."""

    status: int
    content_type: str
    body: bytes
    attempts: int


class Transport:
    """What is asked of one surface; `get` may be called from many threads."""

    def __init__(
        self,
        surface: Surface,
        *,
        gate: Gate,
        clock: Clock,
        logger: logging.Logger,
        user_agent: str,
        max_attempts: int,
        bounds: Bounds,
    ) -> None:
        self.surface = surface
        self._headers = {
            "Accept": surface.accept, "Accept-Encoding": "gzip, deflate", "User-Agent": user_agent,
        }  # fmt: skip
        self._gate = gate
        self._clock = clock
        self._logger = logger
        self._bounds = bounds
        self.max_attempts = max_attempts
        self._lock = threading.Lock()
        # Set once nothing more can be asked of this surface.
        self._end: Problem | None = None

    def close(self) -> None:
        if "_wire" in self.__dict__:  # made because something was sent
            self._wire.close()

    def where(self, query: Query) -> str:
        return f"stream {query.stream}, GET {self.surface.path}{query.path}, page {query.page}"

    def get(
        self, query: Query, tally: Tally, *, attempts: int = 0, max_attempts: int | None = None
    ) -> Answer:
        """`attempts` were made already for the same page.

        Raises CredentialRefusedError (401), PermissionRefusedError (403), UnreachableError,
        QuotaExhaustedError, UpstreamUnavailableError, UpstreamMalformedError, Stopped.
        """
        last = self.max_attempts if max_attempts is None else max_attempts
        while True:
            attempts += 1
            problem = self._end or self._attempt(query, tally, attempts)
            if isinstance(problem, Answer):
                return problem
            if problem.is_permanent:
                self._end = problem
                raise UnreachableError(f"{self.where(query)}: {problem.what}", problem.remedy)
            if attempts >= last:
                raise UpstreamUnavailableError(
                    f"{self.where(query)}: {problem.what}, attempt {attempts} of {last}",
                    problem.remedy,
                    retry_at=self._retry_at(problem),
                )
            self.back_off(query, problem.what, attempts, problem.retry_after_seconds)

    def back_off(self, query: Query, what: str, attempts: int, at_least_seconds: float = 0) -> None:
        """Wait before the next attempt: exponential, with full jitter; raises Stopped."""
        ceiling = min(2 ** (attempts - 1), LONGEST_BACKOFF_SECONDS)
        jitter = random.uniform(0, ceiling)  # noqa: S311 - no secret
        seconds = max(jitter, min(at_least_seconds, LONGEST_BACKOFF_SECONDS))
        self._logger.warning(
            "%s: %s, attempt %d of %d; again in %.1f s.",
            self.where(query), what, attempts, self.max_attempts, seconds,
        )  # fmt: skip
        self._clock.wait(seconds)

    def _retry_at(self, problem: Problem) -> float | None:
        """When the server asks to come back; None where it does not say."""
        seconds = problem.retry_after_seconds
        return self._clock.time() + seconds if seconds > 0 else None

    @cached_property
    def _route(self) -> Route:
        return find_route(self.surface)

    @cached_property
    def _wire(self) -> Wire:
        return Wire(self._route, self._bounds)

    def _attempt(self, query: Query, tally: Tally, attempts: int) -> Answer | Problem:
        """One attempt. Waits for the quota, redirects and other forms of the credential are none."""
        target = f"{self.surface.path}{query.relative_url}"
        visited = [target]
        while True:
            authorization = self.surface.credential.authorization
            try:
                reply, is_throttled = self._send(target, authorization, tally)
            except (*WIRE_ERRORS, StaleConnectionError, UnusableRouteError, OversizedError) as error:
                return self._explain(query, error)
            status = reply.status
            if status == TOO_MANY_REQUESTS:
                continue  # the gate knows how long
            if status == UNAUTHORIZED and self._has_another_form(authorization):
                continue
            if status in FOLLOWED:
                target = self._redirected(query, reply, visited)
                visited.append(target)
                continue
            if is_throttled or status in REPEATABLE or (status >= SERVER_ERROR and status not in ANSWERS):
                return self._to_repeat(reply, is_throttled=is_throttled)
            if status in ANSWERS:
                return Answer(status, reply.headers.get("Content-Type", ""), reply.body, attempts)
            if status == PROXY_AUTHENTICATION_REQUIRED:
                return of_proxy_answer(status, self._route)
            self._refuse(query, status)

    def _send(self, target: str, authorization: str, tally: Tally) -> tuple[Reply, bool]:
        """The reply, and whether the request came too early for the quota."""
        try:
            return self._send_once(target, authorization, tally)
        except StaleConnectionError:
            # The host closed the connection after an earlier answer. A GET can be sent twice.
            return self._send_once(target, authorization, tally)

    def _send_once(self, target: str, authorization: str, tally: Tally) -> tuple[Reply, bool]:
        wire = self._wire
        ticket = self._gate.enter()
        with self._lock:
            tally.api_requests += 1
        try:
            reply = wire.exchange(target, {**self._headers, "Authorization": authorization})
        except BaseException:
            self._gate.leave_unanswered()
            raise
        return reply, self._gate.leave(ticket, reply.status, reply.headers)

    def _has_another_form(self, refused: str) -> bool:
        """Whether there is one to try; another thread may have found it."""
        credential = self.surface.credential
        return refused != credential.authorization or credential.try_next_form()

    def _redirected(self, query: Query, reply: Reply, visited: list[str]) -> str:
        try:
            return follow(self.surface.base_url, visited, reply.headers.get("Location", ""))
        except RefusedRedirectError as refused:
            raise UpstreamMalformedError(
                f"{self.where(query)}: {self.surface.host} redirects {refused} ({reply.status}), and is not "
                "followed",
                f"Check `{self.surface.url_setting}`, or set the override URL of this surface to the address "
                "that answers.",
            ) from None

    def _explain(self, query: Query, error: Exception) -> Problem:
        if isinstance(error, OversizedError):
            raise UpstreamMalformedError(
                f"{self.where(query)}: the answer is larger than {self._bounds.body_bytes // 1024**2} MiB",
                "No page of `page_size` records is that large: check `domain`, or lower `page_size`.",
            ) from None
        if isinstance(error, UnusableRouteError):
            return Problem(error.what, error.remedy, is_permanent=True)
        return explain(error, self._route, self._bounds.timeout_seconds)

    def _to_repeat(self, reply: Reply, *, is_throttled: bool) -> Problem:
        what = f"the server answered {reply.status}{' with Retry-After' if is_throttled else ''}"
        remedy = SERVER_AT_FAULT
        if reply.status == FORBIDDEN:
            remedy = f"It asks to come back later, each time. {self.surface.permission_remedy}"
        now = self._clock.time()
        retry_at = read_moment(reply.headers.get("Retry-After", ""), now) or now
        return Problem(what, remedy, retry_after_seconds=retry_at - now)

    def _refuse(self, query: Query, status: int) -> NoReturn:
        where, host = self.where(query), self.surface.host
        if status == UNAUTHORIZED:
            raise CredentialRefusedError(
                f"{where}: {host} refused the credential (401)",
                f"Check that it was copied whole into `{self.surface.credential_setting}`, that it is still "
                "valid, and that `domain` names the account it belongs to; for an API key, try the other "
                "`api_auth`.",
            )
        if status == FORBIDDEN:
            raise PermissionRefusedError(
                f"{where}: {host} denied access (403)", self.surface.permission_remedy
            )
        raise UpstreamMalformedError(
            f"{where}: {host} answered {status}",
            "Check `domain` and the override URLs; they may name another service.",
        )
