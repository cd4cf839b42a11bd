"""Faults at a page of a list: `reset@scim_users:2x1` breaks the second page once."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache
from threading import Event
from typing import Literal

from werkzeug import Request, Response

from freshsales_sandbox import wire
from freshsales_sandbox.layers import Body, Handler, Layer, body_of, endpoint_of, html, list_key
from freshsales_sandbox.rest import json_response
from freshsales_sandbox.schedule import Arrivals, Planned

# "retry": another attempt helps. "later-page": another attempt helps, but on the first page of a list the
# fault means that the credential, the host or the endpoint is wrong. "never": another attempt is a mistake.
Cure = Literal["retry", "later-page", "never"]

MEBIBYTE = 1 << 20
TOO_LARGE = 65 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class Setting:
    """What a fault may use."""

    answer: Handler
    elsewhere: str  # the base URL of a host that no client may ask
    stopping: Event


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    says: str
    cure: Cure
    respond: Callable[[Request, Setting], Response]


def layer_of(plan: Collection[Planned], elsewhere: Callable[[], str], stopping: Event) -> Layer:
    """The layer that breaks the planned requests and passes on the others."""
    arrivals = Arrivals()

    def layer(request: Request, answer: Handler) -> Response:
        place, repeats = arrivals.place(request)
        for planned in plan:
            if planned.list == endpoint_of(request) and planned.first == place and planned.lasts(repeats):
                return FAULTS[planned.name].respond(request, Setting(answer, elsewhere(), stopping))
        return answer(request)

    return layer


def _status(name: str, cure: Cure, headers: dict[str, str] | None = None) -> Fault:
    status = int(name[:3])

    def respond(_: Request, __: Setting) -> Response:
        response = json_response({"message": f"Fault {status}, on purpose."}, status)
        response.headers.update(headers or {})
        return response

    told = "".join(f" with {header}: {value}" for header, value in (headers or {}).items())
    return Fault(name, f"status {status}{told}", cure, respond)


def _content(name: str, says: str, content: bytes) -> Fault:
    return Fault(name, says, "retry", lambda *_: Response(content, 200, content_type="application/json"))


def _records(name: str, says: str, change: Callable[[Body, str], Body]) -> Fault:
    """A fault that replaces the records (or the user of a profile) by something else."""

    def respond(request: Request, setting: Setting) -> Response:
        body = body_of(setting.answer(request))
        return json_response(change(body, list_key(body) or "user"))

    return Fault(name, says, "retry", respond)


def _redirect(status: int) -> Fault:
    def respond(request: Request, setting: Setting) -> Response:
        return Response("", status, {"Location": setting.elsewhere + request.full_path})

    return Fault(f"redirect-{status}", f"status {status} to another host", "never", respond)


def _oversized(*, is_declared: bool) -> Fault:
    def respond(_: Request, __: Setting) -> Response:
        response = Response(_much(), 200, content_type="application/json")
        if is_declared:
            response.content_length = TOO_LARGE
        return response

    name = "oversized" if is_declared else "oversized-chunked"
    return Fault(name, f"a body of 65 MiB, {'announced' if is_declared else 'in chunks'}", "never", respond)


def _much() -> Iterator[bytes]:
    yield b"{" + b" " * (MEBIBYTE - 1)
    for _ in range(TOO_LARGE // MEBIBYTE - 2):
        yield b" " * MEBIBYTE
    yield b" " * (MEBIBYTE - 1) + b"}"


@cache
def _much_packed() -> bytes:
    return gzip.compress(b"".join(_much()), compresslevel=1)


def _bomb(_: Request, __: Setting) -> Response:
    headers = {"Content-Encoding": "gzip"}
    return Response(_much_packed(), 200, headers, content_type="application/json")


FAULTS = {
    fault.name: fault
    for fault in (
        _status("500", "retry"),
        _status("502", "retry"),
        _status("503", "retry"),
        _status("503-retry-after", "retry", {"Retry-After": "1"}),
        _status("408", "retry"),
        _status("403-retry-after", "retry", {"Retry-After": "1"}),
        _status("429", "retry"),
        _status("429-retry-after", "retry", {"Retry-After": "1"}),
        Fault(
            "timeout", "no answer until the client gives up", "retry", lambda r, s: wire.hang(r, s.stopping)
        ),
        Fault(
            "trickle",
            "an answer of which a byte comes now and then, and never all of them",
            "retry",
            lambda r, s: wire.trickle(r, s.answer(r), s.stopping),
        ),
        Fault("reset", "a TCP reset before a byte of the answer", "retry", lambda r, _: wire.reset(r)),
        Fault("closed", "the connection closed with no answer", "retry", lambda *_: wire.close()),
        Fault(
            "truncated",
            "half of the body that Content-Length announces",
            "retry",
            lambda r, s: wire.truncate(r, s.answer(r)),
        ),
        Fault(
            "chunk-cut",
            "a chunked body that ends inside a chunk",
            "retry",
            lambda r, s: wire.cut_chunk(r, s.answer(r)),
        ),
        _content("empty-body", "status 200 with an empty body", b""),
        _content(
            "invalid-json",
            "status 200 with text that is no JSON",
            b'{"totalResults": 12, "Resources": [{"id"',
        ),
        _content("json-list", "a list where an object is due", b"[]"),
        _content("json-null", "null where an object is due", b"null"),
        _records(
            "no-records",
            "an object without its records, though it counts them",
            lambda body, key: {name: value for name, value in body.items() if name != key},
        ),
        _records(
            "records-object",
            "an object where the list of records is due",
            lambda body, key: body | {key: {"0": {}}},
        ),
        _records("records-null", "null where the records are due", lambda body, key: body | {key: None}),
        _records(
            "records-no-objects",
            "records that are no objects",
            lambda body, key: body | {key: ["one", 2, None]},
        ),
        Fault("html", "an HTML page with status 200", "later-page", lambda *_: html("Log in to Freshworks")),
        *(_redirect(status) for status in (301, 302, 307)),
        _oversized(is_declared=True),
        _oversized(is_declared=False),
        Fault("oversized-gzip", "a small body that unpacks to 65 MiB", "never", _bomb),
        _status("400", "never"),
        _status("401", "never"),
        _status("403", "never"),
        _status("404", "later-page"),
    )
}
