"""One exchange with a host: sends a request and reads the whole answer within one deadline.

Connections are kept alive. This module follows no redirect and repeats no request.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from socket import SHUT_RDWR, socket
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.ssltransport import SSLTransport

from tap_freshsales_users.api.route import Route
from tap_freshsales_users.api.workers import Job, OverdueError

CHUNK_BYTES = 256 * 1024
# After so many closed connections in a row, each request gets a new connection.
STALE_CONNECTIONS = 3
# The errors of an exchange; OverdueError means that the deadline has passed.
WIRE_ERRORS = (HTTPError, OSError, OverdueError)


class OversizedError(Exception):
    """The body is larger than allowed."""


class StaleConnectionError(Exception):
    """The host had closed a kept-alive connection, so no byte of an answer came."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of one exchange, and how many there may be at once."""

    timeout_seconds: float
    body_bytes: int
    connections: int


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. Its body is decoded (gzip, deflate)."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """The connections to one host; `exchange` may be called from many threads."""

    def __init__(self, route: Route, bounds: Bounds) -> None:
        self._route = route
        self._bounds = bounds
        self._lock = threading.Lock()
        self._pool = self._new_pool()
        self._stale_in_a_row = 0

    def close(self) -> None:
        """Close all open connections."""
        self._pool.close()

    def exchange(
        self, target: str, headers: Mapping[str, str], body: bytes | None = None, *, is_fresh: bool = False
    ) -> Reply:
        """Send a GET, or a POST with this body; `target` is a path with its query.

        With `is_fresh`, no open connection is used again.

        Raises one of WIRE_ERRORS, StaleConnectionError, OversizedError.

        Each exchange runs in a thread of its own. A name look-up and a first handshake cannot be interrupted.
        And a host that sends a byte now and then never reaches the time limit of a socket.
        """
        is_fresh = is_fresh or self._stale_in_a_row >= STALE_CONNECTIONS
        pool = self._new_pool() if is_fresh else self._pool
        carried = _Carried()
        job = Job(lambda: self._send(pool, carried, target, headers, body))
        threading.Thread(target=job.run, daemon=True, name="exchange").start()
        try:
            reply = job.result(self._bounds.timeout_seconds)
        except BaseException as error:
            carried.give_up()
            self._forget(pool)
            if carried.is_reused and not carried.is_answered and _is_closed(error):
                self._stale_in_a_row += 1
                raise StaleConnectionError from error
            raise
        if carried.is_reused:
            self._stale_in_a_row = 0
        return reply

    def _send(
        self,
        pool: urllib3.HTTPConnectionPool,
        carried: _Carried,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Reply:
        _here.carried = carried
        response = pool.urlopen(
            "GET" if body is None else "POST",
            target,
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=self._bounds.timeout_seconds,
            preload_content=False,
        )
        carried.is_answered = True
        try:
            content = _read(response, self._bounds.body_bytes)
        except BaseException:
            response.close()  # the rest of this answer must not be read as the next one
            raise
        response.release_conn()
        return Reply(response.status, response.headers, content)

    def _new_pool(self) -> urllib3.HTTPConnectionPool:
        trust, proxy = self._route.trust, self._route.proxy
        options: dict[str, Any] = {"maxsize": self._bounds.connections}
        if trust is not None:
            options["ssl_context"] = trust
        if proxy is None:
            manager = urllib3.PoolManager(**options)
        else:
            headers = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
            manager = urllib3.ProxyManager(
                proxy.url, proxy_headers=headers, proxy_ssl_context=trust, **options
            )
        pool = manager.connection_from_url(self._route.base_url)
        pool.ConnectionCls = _PlainConnection if trust is None else _TlsConnection
        return pool

    def _forget(self, pool: urllib3.HTTPConnectionPool) -> None:
        """Use no connection of this pool any more: what broke one of them has perhaps broken all."""
        with self._lock:
            if self._pool is pool:
                self._pool = self._new_pool()


class _Carried:
    """What is known about the connection that carries an exchange."""

    def __init__(self) -> None:
        self.is_reused = False
        self.is_answered = False
        self.is_given_up = False
        self.connection: HTTPConnection | None = None
        # Kept here as well: a connection drops its socket while the last answer on it is still being read.
        self.socket: Any = None

    def give_up(self) -> None:
        """End the exchange. Its thread gets an error at once, or as soon as it is connected."""
        self.is_given_up = True
        carrier: Any = self.socket or (self.connection and self.connection.sock)
        while isinstance(carrier, SSLTransport):
            carrier = carrier.socket
        if carrier is not None:
            with contextlib.suppress(OSError):
                # Not through the TLS layer, which another thread is using.
                socket.shutdown(carrier, SHUT_RDWR)


class _Here(threading.local):
    carried: _Carried


_here = _Here()


class _Telling(HTTPConnection):
    """A connection that tells the exchange of this thread which socket carries it."""

    _requests = 0

    def connect(self) -> None:
        carried = _here.carried
        carried.connection = self
        self._requests = 0
        super().connect()
        if carried.is_given_up:
            raise ConnectionAbortedError

    def request(self, *args: Any, **options: Any) -> None:
        carried = _here.carried
        carried.is_reused = self._requests > 0
        carried.socket = self.sock
        super().request(*args, **options)  # connects, if it is not connected yet
        carried.socket = self.sock
        self._requests += 1


class _PlainConnection(_Telling):
    pass


class _TlsConnection(_Telling, HTTPSConnection):
    pass


def _read(response: urllib3.BaseHTTPResponse, most_bytes: int) -> bytes:
    chunks, size = [], 0
    while chunk := response.read(CHUNK_BYTES, decode_content=True):
        size += len(chunk)
        if size > most_bytes:
            raise OversizedError
        chunks.append(chunk)
    return b"".join(chunks)


def causes(error: BaseException) -> list[BaseException]:
    """The error and all errors inside it. urllib3 wraps one error into another in several ways."""
    found: list[BaseException] = []
    todo = [error]
    while todo:
        next_ = todo.pop(0)
        if next_ not in found:
            found.append(next_)
            inner = (next_.__cause__, getattr(next_, "original_error", None), *next_.args)
            todo += [each for each in inner if isinstance(each, BaseException)]
    return found


def _is_closed(error: BaseException) -> bool:
    closed = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
    return any(isinstance(each, closed) for each in causes(error))
