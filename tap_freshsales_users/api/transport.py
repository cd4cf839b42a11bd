"""One request: it waits at the quota gate, is sent, and is repeated if that can help. Its answer is judged.

The one loop that repeats is `Transport._repeat`. It repeats a request that failed, and one whose answer the
caller's parser does not understand.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn, Protocol, TypeVar
from urllib.parse import urlencode

from tap_freshsales_users.api.faults import SERVER_AT_FAULT, Problem, explain, of_proxy_answer
from tap_freshsales_users.api.quota_headers import read_moment
from tap_freshsales_users.api.redirects import FOLLOWED, FOLLOWED_BY_POST, RefusedRedirectError, follow
from tap_freshsales_users.api.route import Route, UnusableRouteError, find_route
from tap_freshsales_users.api.surface import JSON_TYPE
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
    from tap_freshsales_users.api.quota_gate import QuotaGate
    from tap_freshsales_users.api.surface import Surface

T = TypeVar("T")

LONGEST_BACKOFF_SECONDS = 60
# The caller decides what these mean: it depends on the page.
ANSWERS = frozenset({HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.NOT_IMPLEMENTED})
# RFC 9110 allows the client to repeat the request after these.
REPEATABLE = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})
ALWAYS_MALFORMED = (
    "Run again later. If it happens again, the server is not the API that `domain` should name."
)


class MalformedError(Exception):
    """The answer is not what the API sends; `args[0]` says in which way. Another attempt may help."""


class Tally(Protocol):
    """Counts the requests sent for one stream."""

    api_requests: int


@dataclass(frozen=True, slots=True)
class Query:
    """What to ask for. `stream` and `page` stand in errors and in the log."""

    stream: str
    path: str
    params: Mapping[str, str | int]
    page: int
    # None: as many as the settings allow.
    max_attempts: int | None = None
    # JSON to send. Only a search is sent as a POST; it changes nothing, so it is repeated as a GET is.
    body: bytes | None = None

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"

    @property
    def relative_url(self) -> str:
        """Path and query, relative to the base URL of the surface."""
        return f"{self.path}?{urlencode(self.params)}" if self.params else self.path


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of ANSWERS with its whole body. It was the attempt number `attempts`."""

    status: int
    content_type: str
    body: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class Context:
    """What all requests of a run share, to whichever surface they go."""

    quota_gate: QuotaGate
    clock: Clock
    logger: logging.Logger
    user_agent: str
    max_attempts: int
    bounds: Bounds


class Transport:
    """Asks one surface. `fetch` and `parse` may be called from many threads."""

    def __init__(self, surface: Surface, context: Context) -> None:
        self.surface = surface
        self._context = context
        self._headers = {
            "Accept": surface.kind.accept,
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": context.user_agent,
        }
        self._lock = threading.Lock()
        # Set if no request to this surface can succeed any more.
        self._end: Problem | None = None

    def close(self) -> None:
        """Close the connections, if there are any."""
        if "_wire" in self.__dict__:  # made because something was sent
            self._wire.close()

    def where(self, query: Query) -> str:
        """Stream, method, path and page of a query, as errors and the log name them."""
        return f"stream {query.stream}, {query.method} {self.surface.path}{query.path}, page {query.page}"

    def fetch(self, query: Query, tally: Tally) -> Answer:
        """The first answer, not parsed yet.

        Raises CredentialRefusedError (401), PermissionRefusedError (403), UnreachableError,
        QuotaExhaustedError, UpstreamUnavailableError, UpstreamMalformedError, Stopped.
        """
        return self._repeat(query, tally, lambda answer: answer, None)

    def parse(self, query: Query, tally: Tally, parser: Callable[[Answer], T], answer: Answer) -> T:
        """What `parser` makes of `answer`, which `fetch` brought for the same query.

        If the parser raises MalformedError, the query is asked again: `fetch` and `parse` together make no
        more attempts than one query may have. Raises what `fetch` and the parser raise.
        """
        return self._repeat(query, tally, parser, answer)

    def _repeat(self, query: Query, tally: Tally, parser: Callable[[Answer], T], answer: Answer | None) -> T:
        most = query.max_attempts or self._context.max_attempts
        attempts = 0 if answer is None else answer.attempts
        while True:
            if answer is None:
                attempts += 1
                found = self._end or self._attempt(query, tally, attempts)
            else:
                found, answer = answer, None
            if isinstance(found, Answer):
                try:
                    return parser(found)
                except MalformedError as error:
                    found = Problem(str(error), is_malformed=True)
            if found.is_permanent:
                self._end = found
                raise UnreachableError(f"{self.where(query)}: {found.what}", found.remedy)
            if attempts >= most:
                self._give_up(query, found, attempts, most)
            self._back_off(query, found, attempts, most)

    def _give_up(self, query: Query, problem: Problem, attempts: int, most: int) -> NoReturn:
        what = f"{self.where(query)}: {problem.what}, attempt {attempts} of {most}"
        if problem.is_malformed:
            raise UpstreamMalformedError(what, ALWAYS_MALFORMED)
        seconds = problem.retry_after_seconds
        # When the server asks to come back; None if it does not say.
        retry_at = self._context.clock.time() + seconds if seconds > 0 else None
        raise UpstreamUnavailableError(what, problem.remedy, retry_at=retry_at)

    def _back_off(self, query: Query, problem: Problem, attempts: int, most: int) -> None:
        """Wait before the next attempt: exponential, with full jitter; raises Stopped."""
        ceiling = min(2 ** (attempts - 1), LONGEST_BACKOFF_SECONDS)
        jitter = random.uniform(0, ceiling)  # noqa: S311 - no secret
        seconds = max(jitter, min(problem.retry_after_seconds, LONGEST_BACKOFF_SECONDS))
        self._context.logger.warning(
            "%s: %s, attempt %d of %d; again in %.1f s.",
            self.where(query),
            problem.what,
            attempts,
            most,
            seconds,
        )
        self._context.clock.wait(seconds)

    @cached_property
    def _route(self) -> Route:
        return find_route(self.surface)

    @cached_property
    def _wire(self) -> Wire:
        return Wire(self._route, self._context.bounds)

    def _attempt(self, query: Query, tally: Tally, attempts: int) -> Answer | Problem:
        """One attempt. A wait for the quota, a redirect or another form of the credential is part of it."""
        target = f"{self.surface.path}{query.relative_url}"
        visited = [target]
        while True:
            authorization = self.surface.credential.authorization
            try:
                reply, is_throttled = self._send(query, target, authorization, tally)
            except (*WIRE_ERRORS, StaleConnectionError, UnusableRouteError, OversizedError) as error:
                return self._explain(query, error)
            status = reply.status
            if status == HTTPStatus.TOO_MANY_REQUESTS:
                continue  # the quota gate knows how long to wait
            if status == HTTPStatus.UNAUTHORIZED and self._has_another_form(authorization):
                continue
            if status in FOLLOWED:
                target = self._redirected(query, reply, visited)
                visited.append(target)
                continue
            is_server_error = status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in ANSWERS
            if is_throttled or status in REPEATABLE or is_server_error:
                return self._to_repeat(reply, is_throttled=is_throttled)
            if status in ANSWERS:
                return Answer(status, reply.headers.get("Content-Type", ""), reply.body, attempts)
            if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
                return of_proxy_answer(status, self._route)
            self._refuse(query, status)

    def _send(self, query: Query, target: str, authorization: str, tally: Tally) -> tuple[Reply, bool]:
        """The reply, and whether the request came too early for the quota."""
        try:
            return self._send_once(query, target, authorization, tally)
        except StaleConnectionError:
            # The host had closed the connection after an earlier answer. What changes nothing may be sent
            # twice. The second one gets a connection of its own: one that another thread has left may be as
            # stale.
            return self._send_once(query, target, authorization, tally, is_fresh=True)

    def _send_once(
        self, query: Query, target: str, authorization: str, tally: Tally, *, is_fresh: bool = False
    ) -> tuple[Reply, bool]:
        wire = self._wire
        ticket = self._context.quota_gate.enter()
        with self._lock:
            tally.api_requests += 1
        try:
            headers = {**self._headers, "Authorization": authorization}
            if query.body is not None:
                headers["Content-Type"] = JSON_TYPE
            reply = wire.exchange(target, headers, query.body, is_fresh=is_fresh)
        except BaseException:
            self._context.quota_gate.leave_unanswered()
            raise
        return reply, self._context.quota_gate.leave(ticket, reply.status, reply.headers)

    def _has_another_form(self, refused: str) -> bool:
        """Whether there is another form of the credential to try. Another thread may have changed it."""
        credential = self.surface.credential
        return refused != credential.authorization or credential.try_next_form()

    def _redirected(self, query: Query, reply: Reply, visited: list[str]) -> str:
        try:
            keeps_method = query.body is None or reply.status in FOLLOWED_BY_POST
            return follow(
                self.surface.base_url, visited, reply.headers.get("Location", ""), keeps_method=keeps_method
            )
        except RefusedRedirectError as refused:
            raise UpstreamMalformedError(
                f"{self.where(query)}: {self.surface.host} redirects {refused} ({reply.status}), and is not "
                "followed",
                f"Check `{self.surface.url_setting}`, or set the override URL of this surface to the address "
                "that answers.",
            ) from None

    def _explain(self, query: Query, error: Exception) -> Problem:
        if isinstance(error, OversizedError):
            most = self._context.bounds.body_bytes // 1024**2
            raise UpstreamMalformedError(
                f"{self.where(query)}: the answer is larger than {most} MiB",
                "No page of `page_size` records is that large: check `domain`, or lower `page_size`.",
            ) from None
        if isinstance(error, UnusableRouteError):
            return Problem(error.what, error.remedy, is_permanent=True)
        return explain(error, self._route, self._context.bounds.timeout_seconds)

    def _to_repeat(self, reply: Reply, *, is_throttled: bool) -> Problem:
        what = f"the server answered {reply.status}{' with Retry-After' if is_throttled else ''}"
        remedy = SERVER_AT_FAULT
        if reply.status == HTTPStatus.FORBIDDEN:
            remedy = f"It asks to come back later, but always refuses. {self.surface.kind.permission_remedy}"
        now = self._context.clock.time()
        retry_at = read_moment(reply.headers.get("Retry-After", ""), now) or now
        return Problem(what, remedy, retry_after_seconds=retry_at - now)

    def _refuse(self, query: Query, status: int) -> NoReturn:
        where, host, kind = self.where(query), self.surface.host, self.surface.kind
        if status == HTTPStatus.UNAUTHORIZED:
            raise CredentialRefusedError(
                f"{where}: {host} refused the credential (401)",
                f"Check that it was copied whole into `{kind.credential_setting}`, that it is still valid, "
                "and that `domain` names the account it belongs to; for an API key, try the other "
                "`api_auth`.",
            )
        if status == HTTPStatus.FORBIDDEN:
            raise PermissionRefusedError(f"{where}: {host} denied access (403)", kind.permission_remedy)
        raise UpstreamMalformedError(
            f"{where}: {host} answered {status}",
            "Check `domain` and the override URLs; they may name another service.",
        )
