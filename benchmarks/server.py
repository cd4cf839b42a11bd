"""A loopback server with very little cost: it joins bodies from bytes that were made before.

It runs in another process, prints its port, and answers GET over kept-alive connections after a set latency.
`/bench?people=N&latency_ms=M` sets the number of people and the latency. `/bench` returns the number of
requests since then.
"""

from __future__ import annotations

import asyncio
import sys
from urllib.parse import parse_qsl, urlsplit

import orjson

from benchmarks.directory import build
from benchmarks.measure import CONTROL_PATH

LARGEST_PAGE = 100
REST_PATH = "/crm/sales/api"
SCIM_PATH = "/scim/v2"
END_OF_HEAD = b"\r\n\r\n"
# A quota so large that no reader waits for it.
HEAD = (
    b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nX-RateLimit-Limit: 1000000\r\n"
    b"X-RateLimit-Remaining: 999999\r\nX-RateLimit-Reset: 3600\r\nContent-Length: %d\r\n\r\n"
)


class Pages:
    """What is listed, and the number of requests."""

    def __init__(self, people: int) -> None:
        self._users, self._owners = build(people)
        self.people = people
        self.latency_seconds = 0.0
        self.requests = 0

    def answer(self, target: str) -> bytes:
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        if parts.path == CONTROL_PATH:
            return _response(self._control(query))
        self.requests += 1
        body = self._body(parts.path, query)
        return _response(body) if body is not None else HEAD % (404, b"Not Found", 0)

    def _control(self, query: dict[str, str]) -> bytes:
        if query:
            self.people = int(query["people"])
            self.latency_seconds = int(query["latency_ms"]) / 1000
            self.requests = 0
        return b"%d" % self.requests

    def _body(self, path: str, query: dict[str, str]) -> bytes | None:
        if path == f"{SCIM_PATH}/Users":
            return self._list_response(query)
        if path == f"{SCIM_PATH}/Groups":
            return b'{"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}'
        if path == f"{REST_PATH}/selector/owners":
            return self._selector(query)
        name = path.removeprefix(f"{REST_PATH}/selector/")
        if name in {"roles", "territories", "teams"}:
            return orjson.dumps({name: [], "meta": {"total": 0}})
        return None

    def _list_response(self, query: dict[str, str]) -> bytes:
        """RFC 7644 section 3.4.2.4: any `startIndex`, pages may overlap."""
        start = max(int(query.get("startIndex", 1)), 1)
        count = min(int(query.get("count", LARGEST_PAGE)), LARGEST_PAGE)
        found = self._users[start - 1 : min(start - 1 + count, self.people)]
        return b'{"totalResults":%d,"startIndex":%d,"itemsPerPage":%d,"Resources":[%b]}' % (
            self.people, start, len(found), b",".join(found),
        )  # fmt: skip

    def _selector(self, query: dict[str, str]) -> bytes:
        page = max(int(query.get("page", 1)), 1)
        size = min(int(query.get("per_page", LARGEST_PAGE)), LARGEST_PAGE)
        found = self._owners[(page - 1) * size : min(page * size, self.people)]
        return b'{"users":[%b],"meta":{"total":%d,"total_pages":%d}}' % (
            b",".join(found), self.people, -(-self.people // size),
        )  # fmt: skip


class Connection(asyncio.Protocol):
    """Answers GET requests of one connection, each after the set latency."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while END_OF_HEAD in self._received:
            head, _, self._received = self._received.partition(END_OF_HEAD)
            answer = self._pages.answer(head.split(b" ", 2)[1].decode())
            if self._pages.latency_seconds:
                loop = asyncio.get_running_loop()
                loop.call_later(self._pages.latency_seconds, self._transport.write, answer)
            else:
                self._transport.write(answer)


def _response(body: bytes) -> bytes:
    return HEAD % (200, b"OK", len(body)) + body


async def serve(people: int) -> None:
    pages = Pages(people)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(pages), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
