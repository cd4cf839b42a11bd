"""What an error of the connection means, and what to do about it.

Only the kind of an error is told, in our own words. Its own text may repeat a URL, the password of a proxy or
a part of a body.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from socket import gaierror

from urllib3 import exceptions

from tap_freshsales_users.api.route import Route
from tap_freshsales_users.api.wire import causes
from tap_freshsales_users.api.workers import OverdueError

LATER = "Run again later; finished streams are kept."
SERVER_AT_FAULT = "The server seems to be at fault. Run again later; finished streams are kept."
# Statuses of a proxy for which another attempt may help.
PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
# How http.client says that a proxy made no connection. Only this text has the status.
TUNNEL_FAILED = re.compile(r"Tunnel connection failed: (\d{3})\b")
EXPIRED, NOT_YET_VALID = 10, 9
WRONG_HOST, WRONG_ADDRESS = 62, 64
# The names that OpenSSL gives to an answer in plain text.
NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an attempt failed."""

    what: str
    remedy: str = SERVER_AT_FAULT
    # Whether every request to this host fails in the same way.
    is_permanent: bool = False
    # Whether an answer came, but cannot be understood.
    is_malformed: bool = False
    retry_after_seconds: float = 0


def explain(error: BaseException, route: Route, timeout_seconds: float) -> Problem:
    """What an error of WIRE_ERRORS means on this route."""
    found = causes(error)
    is_of_proxy = route.proxy is not None and any(isinstance(each, exceptions.ProxyError) for each in found)
    peer = _Proxy(route) if is_of_proxy else _Host(route)
    for each in found:
        if problem := _of_tls(each, peer, route) or _of_connection(each, peer, timeout_seconds):
            return problem
        if is_of_proxy and (match := TUNNEL_FAILED.match(str(each))):
            return of_proxy_answer(int(match[1]), route)
    return Problem(f"the connection to {peer.name} failed", f"{peer.remedy} {LATER}")


def of_proxy_answer(status: int, route: Route) -> Problem:
    """What it means that a proxy answered in place of the host."""
    name = _Proxy(route).name if route.proxy else "a proxy on the way"
    source = route.proxy.source if route.proxy else "`HTTPS_PROXY`"
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return Problem(
            f"{name} does not let the request to {route.host} pass without its own credentials ({status})",
            f"Put a user and password that it takes into {source}: http://USER:PASSWORD@HOST:PORT, with "
            "special characters percent-encoded.",
            is_permanent=True,
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in PASSING:
        return Problem(
            f"{name} does not reach {route.host} ({status})",
            f"Check `{route.host_setting}`, which names the host, and {source}. {LATER}",
        )
    return Problem(
        f"{name} refuses to connect to {route.host_and_port} ({status})",
        f"Ask those who run it to allow that host. If the host can be reached without a proxy, name it in "
        f"`NO_PROXY`. {source} decides which proxy is used.",
        is_permanent=True,
    )


class _Host:
    def __init__(self, route: Route) -> None:
        self.name = route.host
        by_proxy = f" by way of the proxy {route.proxy.host} ({route.proxy.source})" if route.proxy else ""
        through = by_proxy or " from here (where a proxy is needed, `HTTPS_PROXY` names it)"
        self.remedy = (
            f"Check `{route.host_setting}`, which names the host, and that it can be reached{through}."
        )
        self.no_tls = f"Check `{route.host_setting}`: its host, and its port where it names one."
        self.setting = f"`{route.host_setting}`"


class _Proxy:
    def __init__(self, route: Route) -> None:
        proxy = route.proxy
        assert proxy is not None  # noqa: S101 - asked for only where there is one
        self.name = f"the proxy {proxy.host} ({proxy.source})"
        self.remedy = (
            f"Check the address in {proxy.source}; a host that needs no proxy is named in `NO_PROXY`."
        )
        self.no_tls = f"Write http:// in place of https:// before the address in {proxy.source}."
        self.setting = proxy.source


def _of_connection(error: BaseException, peer: _Host | _Proxy, timeout_seconds: float) -> Problem | None:
    if isinstance(error, gaierror):
        return Problem(f"{peer.name} cannot be found by its name", f"{peer.remedy} {LATER}")
    if isinstance(error, ConnectionRefusedError):
        return Problem(f"{peer.name} refuses the connection", f"{peer.remedy} {LATER}")
    if isinstance(error, exceptions.NewConnectionError):
        return None  # its class belongs to the timeouts; its cause says more
    if isinstance(error, OverdueError | exceptions.TimeoutError | TimeoutError):
        return Problem(
            f"no whole answer from {peer.name} within {timeout_seconds:g} s (`request_timeout_seconds`): "
            "timed out",
            f"{peer.remedy} Or raise `request_timeout_seconds`. {LATER}",
        )
    if isinstance(error, exceptions.IncompleteRead | exceptions.InvalidChunkLength):
        return Problem(f"the body from {peer.name} was cut short")
    if isinstance(error, exceptions.DecodeError):
        return Problem(f"the body from {peer.name} could not be decoded")
    return None


def _of_tls(error: BaseException, peer: _Host | _Proxy, route: Route) -> Problem | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error, peer, route)
    if not isinstance(error, ssl.SSLError) or isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return None  # the last two mean that the connection was closed
    reason = error.reason or ""
    if reason in NO_TLS:
        return Problem(f"{peer.name} does not speak TLS", peer.no_tls, is_permanent=True)
    told = f" ({reason})" if reason.isidentifier() else ""
    return Problem(f"TLS with {peer.name} failed{told}", f"{peer.remedy} {LATER}")


def _of_certificate(error: ssl.SSLCertVerificationError, peer: _Host | _Proxy, route: Route) -> Problem:
    if error.verify_code in {EXPIRED, NOT_YET_VALID}:
        state = "has expired" if error.verify_code == EXPIRED else "is not valid yet"
        what = f"the certificate of {peer.name} {state}"
        remedy = "Those who run it must renew it. Check the clock of this machine as well."
    elif error.verify_code in {WRONG_HOST, WRONG_ADDRESS}:
        what = f"the certificate of {peer.name} is for another host"
        remedy = f"Check {peer.setting}; another machine may answer in place of the host."
    else:
        what = f"the certificate of {peer.name} cannot be trusted ({error.verify_message})"
        remedy = (
            "If your company signs certificates itself, such as for a proxy that decrypts the traffic, set "
            f"`{route.bundle_variable}` to a PEM file with the certificate of that authority."
        )
    return Problem(what, remedy, is_permanent=True)
