"""One GET: let through by the gate, sent, retried where that can help, and classified.

Redirects are never followed: the credential stays with the host that it was given for.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, Protocol
from urllib.parse import urlencode, urlsplit

import backoff
import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter

from tap_freshsales_users.api.account import is_loopback
from tap_freshsales_users.errors import (
    CredentialRefusedError,
    PermissionRefusedError,
    UpstreamMalformedError,
    UpstreamUnavailableError,
)

if TYPE_CHECKING:
    from tap_freshsales_users.api.auth import Credential
    from tap_freshsales_users.api.clock import Clock
    from tap_freshsales_users.api.quota_gate import Gate

CHUNK_BYTES = 256 * 1024
LONGEST_BACKOFF_SECONDS = 60
WIRE_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
OK, BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_MANY_REQUESTS, NOT_IMPLEMENTED = (
    200, 400, 401, 403, 404, 429, 501,
)  # fmt: skip
# What the caller decides on: they mean different things on different pages.
ANSWERS = frozenset({OK, BAD_REQUEST, NOT_FOUND, NOT_IMPLEMENTED})


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
    """One session and one credential for one surface; `get` may be called from many threads."""

    def __init__(
        self,
        base_url: str,
        credential: Credential,
        *,
        headers: Mapping[str, str],
        permission_remedy: str,
        not_found_remedy: str,
        gate: Gate,
        clock: Clock,
        logger: logging.Logger,
        timeout_seconds: float,
        max_attempts: int,
        connections: int,
        max_body_bytes: int,
    ) -> None:
        self.base_url = base_url
        self._base_path = urlsplit(base_url).path
        self._credential = credential
        self._headers = dict(headers)
        self._permission_remedy = permission_remedy
        self.not_found_remedy = not_found_remedy
        self._gate = gate
        self._clock = clock
        self._logger = logger
        self._timeout_seconds = timeout_seconds
        self.max_attempts = max_attempts
        self._max_body_bytes = max_body_bytes
        self._counting = threading.Lock()
        # An adapter follows no redirect and looks no proxy up for each request, as a session would.
        self._adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections)
        # What is asked on this machine goes over plain http, so a proxy would see the credentials.
        self._proxies = (
            {}
            if is_loopback(urlsplit(base_url).hostname or "")
            else requests.utils.get_environ_proxies(base_url)
        )
        self._verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True

    def close(self) -> None:
        self._adapter.close()

    def where(self, query: Query) -> str:
        return f"stream {query.stream}, GET {self._base_path}{query.path}, page {query.page}"

    def get(
        self, query: Query, tally: Tally, *, attempts: int = 0, max_attempts: int | None = None
    ) -> Answer:
        """`attempts` were made already for the same page.

        Raises CredentialRefusedError (401), PermissionRefusedError (403), QuotaExhaustedError,
        UpstreamUnavailableError, UpstreamMalformedError, Stopped.
        """
        last = self.max_attempts if max_attempts is None else max_attempts
        while True:
            attempts += 1
            problem = self._attempt(query, tally, attempts)
            if isinstance(problem, Answer):
                return problem
            if attempts >= last:
                raise UpstreamUnavailableError(
                    f"{self.where(query)}: {problem.what}, attempt {attempts} of {last}",
                    "Nothing wrong on this side is known: run again later; what was finished stays finished.",
                )
            self.back_off(query, problem.what, attempts, problem.retry_after_seconds)

    def back_off(self, query: Query, what: str, attempts: int, at_least_seconds: float = 0) -> None:
        """Wait before the next attempt: exponential, with full jitter; raises Stopped."""
        ceiling = min(2 ** (attempts - 1), LONGEST_BACKOFF_SECONDS)
        seconds = max(backoff.full_jitter(ceiling), min(at_least_seconds, LONGEST_BACKOFF_SECONDS))
        self._logger.warning(
            "%s: %s, attempt %d of %d; again in %.1f s.",
            self.where(query), what, attempts, self.max_attempts, seconds,
        )  # fmt: skip
        self._clock.wait(seconds)

    def _attempt(self, query: Query, tally: Tally, attempts: int) -> Answer | _Problem:
        while True:
            authorization = self._credential.authorization
            ticket = self._gate.enter()
            with self._counting:
                tally.api_requests += 1
            try:
                status, headers, body = self._exchange(query, authorization)
            except WIRE_ERRORS as error:
                self._gate.leave_unanswered()
                return _Problem(_describe(error))
            except BaseException:
                self._gate.leave_unanswered()
                raise
            self._gate.leave(ticket, status, headers)
            if status in ANSWERS:
                return Answer(status, headers.get("Content-Type", ""), body, attempts)
            if status == TOO_MANY_REQUESTS:
                continue  # the gate knows how long; waits for quota are no attempts
            if status == UNAUTHORIZED and (
                authorization != self._credential.authorization or self._credential.try_next_form()
            ):
                continue
            if status >= 500:  # noqa: PLR2004 - server errors, RFC 9110 section 15.6
                return _Problem(f"the server answered {status}", _seconds(headers.get("Retry-After", "")))
            self._refuse(query, status)

    def _exchange(self, query: Query, authorization: str) -> tuple[int, Mapping[str, str], bytes]:
        request = requests.PreparedRequest()
        request.method = "GET"
        request.url = f"{self.base_url}{query.relative_url}"
        request.headers = requests.structures.CaseInsensitiveDict(
            {**self._headers, "Authorization": authorization}
        )
        response = self._adapter.send(
            request, stream=True, timeout=self._timeout_seconds, verify=self._verify, proxies=self._proxies
        )
        try:
            body = self._body(query, response)
        except BaseException:
            response.raw.close()  # what was not read must not be taken for the next answer
            raise
        response.raw.release_conn()
        return response.status_code, response.headers, body

    def _body(self, query: Query, response: requests.Response) -> bytes:
        chunks, size = [], 0
        while chunk := response.raw.read(CHUNK_BYTES, decode_content=True):
            size += len(chunk)
            if size > self._max_body_bytes:
                raise UpstreamMalformedError(
                    f"{self.where(query)}: the answer is larger than {self._max_body_bytes // 1024**2} MiB",
                    "No page of `page_size` records is that large: check `domain`, or lower `page_size`.",
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def _refuse(self, query: Query, status: int) -> NoReturn:
        where = self.where(query)
        host = urlsplit(self.base_url).netloc
        if status == UNAUTHORIZED:
            raise CredentialRefusedError(
                f"{where}: {host} refused the credential (401)",
                "Check that it was copied whole and is still valid, and that `domain` names the account it "
                "belongs to; for an API key, try the other `api_auth`.",
            )
        if status == FORBIDDEN:
            raise PermissionRefusedError(f"{where}: {host} denied access (403)", self._permission_remedy)
        if 300 <= status < 400:  # noqa: PLR2004 - redirection, RFC 9110 section 15.4
            raise UpstreamMalformedError(
                f"{where}: {host} redirects elsewhere ({status}), and no credential is sent there",
                "Check `domain`, or set the override URL of this surface to the address that answers.",
            )
        raise UpstreamMalformedError(
            f"{where}: {host} answered {status}",
            "Check `domain` and the override URLs; they may name another service.",
        )


@dataclass(frozen=True, slots=True)
class _Problem:
    """What may be gone at the next attempt."""

    what: str
    retry_after_seconds: float = 0


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isdecimal() else 0


def _describe(error: Exception) -> str:
    """The kind of the error alone: its text may repeat a URL, a proxy's user or a body."""
    kinds = {
        "timed out": (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError),
        "TLS failed": (requests.exceptions.SSLError, urllib3.exceptions.SSLError),
        "the proxy failed": (requests.exceptions.ProxyError, urllib3.exceptions.ProxyError),
        "the body was cut short": (urllib3.exceptions.IncompleteRead, urllib3.exceptions.InvalidChunkLength),
        "the body could not be decoded": (urllib3.exceptions.DecodeError,),
    }
    for what, types in kinds.items():
        if isinstance(error, types):
            return what
    return "the connection failed"
