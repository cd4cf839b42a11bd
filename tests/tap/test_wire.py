"""The wire itself: a deadline for every request whatever trickles in, and connections that went stale."""

import json
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tap_freshsales_users.api import wire
from tests.tap.answering import SCIM_TOKEN
from tests.tap.raw_server import PEOPLE, RawServer, answer_to, response, serve_http
from tests.tap.running import Outcome, run_tap

BODY = json.dumps({"totalResults": 1, "Resources": [{"id": "person-0"}]}).encode()
# Between two bytes; so many of them last much longer than the deadline, and then the answer is whole.
DRIP_SECONDS = 0.02
DRIPS = 100
DEADLINE_SECONDS = 0.3


def run(url: str, tmp_path: Path, **settings: Any) -> Outcome:
    config = {"domain": "acme", "scim_token": SCIM_TOKEN, "scim_api_url": url, "max_attempts": 1}
    return run_tap({**config, "max_in_flight": 1, **settings}, tmp_path)


def exchanges_that_go_on() -> list[threading.Thread]:
    """Threads of requests that were given up and did not end."""
    threads = [thread for thread in threading.enumerate() if thread.name == "exchange"]
    for thread in threads:
        thread.join(10)
    return [thread for thread in threads if thread.is_alive()]


# -- the deadline


def spread(data: bytes) -> Iterator[bytes]:
    """All of it in DRIPS pieces, the last one the largest."""
    yield from (data[number : number + 1] for number in range(DRIPS - 1))
    yield data[DRIPS - 1 :]


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LONG = BODY.ljust(2 * DRIPS)
DRIBBLES: dict[str, Callable[[], Iterator[bytes]]] = {
    "status-line": lambda: spread(b"HTTP/1.1 200 " + b"O" * DRIPS + b"\r\nContent-Length: 2\r\n\r\n" + b"{}"),
    "header": lambda: spread(b"HTTP/1.1 200 OK\r\nX-Long: " + b"o" * DRIPS + b"\r\n\r\n" + BODY),
    "headers": lambda: iter(
        [HEAD, *[b"X-One: 1\r\n"] * 90, b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY]
    ),
    "body": lambda: iter([HEAD + b"Content-Length: %d\r\n\r\n" % len(LONG), *spread(LONG)]),
    "body-to-the-end": lambda: iter([HEAD + b"Connection: close\r\n\r\n", *spread(LONG)]),
    "http-1.0": lambda: iter([HEAD.replace(b"1.1", b"1.0") + b"\r\n", *spread(LONG)]),
    "chunks": lambda: iter(
        [
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
            *(b"1\r\n%c\r\n" % byte for byte in LONG[:DRIPS]),
            b"%x\r\n%b\r\n0\r\n\r\n" % (DRIPS, LONG[DRIPS:]),
        ]
    ),
    "trailers": lambda: iter(
        [
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n" % (len(BODY), BODY),
            *[b"X-Trailer: 1\r\n"] * DRIPS,
            b"\r\n",
        ]
    ),
    "gzip": lambda: iter(
        [
            HEAD + b"Content-Encoding: gzip\r\n\r\n",
            *spread(zlib.compress(LONG, wbits=31).ljust(DRIPS, b"\0")),
        ]
    ),
    "100-continue": lambda: iter([*[b"HTTP/1.1 100 Continue\r\n\r\n"] * DRIPS, response(200, BODY)]),
}


def dribbling(pieces: Callable[[], Iterator[bytes]]) -> Callable[[socket.socket, RawServer], None]:
    def serve(connection: socket.socket, server: RawServer) -> None:
        path = server.read_request(connection)
        if path is None or "/Users" not in path:
            connection.sendall(response(404, b"{}", "Connection: close"))
            return
        for piece in pieces():
            connection.sendall(piece)
            server.stopping.wait(DRIP_SECONDS)

    return serve


@pytest.mark.parametrize("in_flight", [1, 4])
@pytest.mark.parametrize("dribble", DRIBBLES)
def test_a_request_ends_at_its_deadline_whatever_trickles_in(
    dribble: str, in_flight: int, tmp_path: Path
) -> None:
    with RawServer(dribbling(DRIBBLES[dribble])) as server:
        settings = {"request_timeout_seconds": DEADLINE_SECONDS, "max_in_flight": in_flight}
        outcome = run(server.url, tmp_path, **settings)
        assert not exchanges_that_go_on()
    assert server.cut_off, "the connection was left open"
    assert outcome.exit_code == 75
    assert "within 0.3 s (`request_timeout_seconds`): timed out, attempt 1 of 1" in outcome.log
    assert outcome.receipt("scim_users")["incomplete_reason"] == "failed: upstream_unavailable"


def test_a_slow_tls_handshake_ends_at_the_deadline(tmp_path: Path) -> None:
    def serve(connection: socket.socket, server: RawServer) -> None:
        # A record of 16 KiB that comes one byte at a time.
        connection.sendall(b"\x16\x03\x03\x40\x00")
        for _ in range(DRIPS):
            connection.sendall(b"\x02")
            server.stopping.wait(DRIP_SECONDS)

    with RawServer(serve) as server:
        url = server.url.replace("http:", "https:")
        outcome = run(url, tmp_path, request_timeout_seconds=DEADLINE_SECONDS)
        assert not exchanges_that_go_on()
    assert "timed out, attempt 1 of 1" in outcome.log


def test_a_slow_answer_of_a_proxy_ends_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def serve(connection: socket.socket, server: RawServer) -> None:
        server.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(DRIPS):
            connection.sendall(b"X-One: 1\r\n")
            server.stopping.wait(DRIP_SECONDS)

    with RawServer(serve) as server:
        monkeypatch.setenv("https_proxy", server.url)
        outcome = run("https://scim.example/scim", tmp_path, request_timeout_seconds=DEADLINE_SECONDS)
        assert not exchanges_that_go_on()
    assert "no whole answer from scim.example within 0.3 s" in outcome.log
    assert f"by way of the proxy 127.0.0.1:{server.port} (`https_proxy`)" in outcome.log


def test_a_name_look_up_that_hangs_ends_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = threading.Event()
    look_up = socket.getaddrinfo

    def hang(host: str, *arguments: Any, **options: Any) -> Any:
        if host == "scim.example":
            found.wait(60)
            raise socket.gaierror(socket.EAI_NONAME, "not found")
        return look_up(host, *arguments, **options)

    monkeypatch.setattr("socket.getaddrinfo", hang)
    outcome = run("https://scim.example/scim", tmp_path, request_timeout_seconds=DEADLINE_SECONDS)
    assert not found.is_set()
    found.set()
    assert not exchanges_that_go_on()
    assert "no whole answer from scim.example within 0.3 s" in outcome.log


def test_a_whole_answer_within_the_deadline_is_taken(tmp_path: Path) -> None:
    with RawServer(serve_http) as server:
        outcome = run(server.url, tmp_path, request_timeout_seconds=30)
    assert outcome.exit_code == 0, outcome.log
    assert [key for (key,) in outcome.keys("scim_users")] == PEOPLE


# -- stale connections


class Stale:
    """One answer for each connection, which is then closed in one of the ways that give no notice."""

    def __init__(self, manner: str) -> None:
        self.manner = manner

    def __call__(self, connection: socket.socket, server: RawServer) -> None:
        path = server.read_request(connection)
        if path is None:
            return
        connection.sendall(response(*answer_to(path)))
        if self.manner == "closed-before":
            return
        if server.read_request(connection) is None:
            return
        if self.manner == "reset-after":
            reset_when_closed(connection)


def reset_when_closed(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("in_flight", [1, 4])
@pytest.mark.parametrize("manner", ["closed-before", "closed-after", "reset-after"])
def test_a_stale_connection_costs_no_attempt_and_no_wait(
    manner: str, in_flight: int, waits: list[float], tmp_path: Path
) -> None:
    with RawServer(Stale(manner)) as server:
        outcome = run(server.url, tmp_path, page_size=1, max_in_flight=in_flight)
    assert outcome.exit_code == 0, outcome.log
    assert {key for (key,) in outcome.keys("scim_users")} == set(PEOPLE)
    assert waits == []
    assert "attempt" not in outcome.log


def test_a_stale_connection_is_counted_as_a_request(tmp_path: Path) -> None:
    with RawServer(Stale("closed-after")) as server:
        outcome = run(server.url, tmp_path, page_size=2)
    counted = sum(outcome.receipt(stream)["api_requests"] for stream in ("scim_users", "scim_groups"))
    assert counted == len(server.requests)
    answered = {*server.requests}
    assert len(answered) < counted, "no connection was stale"


def test_after_some_stale_connections_none_is_used_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    people = [f"person-{number}" for number in range(40)]
    monkeypatch.setattr("tests.tap.raw_server.PEOPLE", people)
    with RawServer(Stale("closed-after")) as server:
        outcome = run(server.url, tmp_path, page_size=2)
    assert outcome.exit_code == 0, outcome.log
    assert len(server.requests) - len({*server.requests}) == 3


@pytest.mark.parametrize("attempts", [1, 3])
def test_a_server_that_always_closes_ends_the_stream(
    attempts: int, waits: list[float], tmp_path: Path
) -> None:
    def serve(connection: socket.socket, server: RawServer) -> None:
        server.read_request(connection)

    with RawServer(serve) as server:
        outcome = run(server.url, tmp_path, max_attempts=attempts)
    assert outcome.exit_code == 75
    assert f"attempt {attempts} of {attempts}" in outcome.log
    assert len(server.requests) == 2 * attempts, "of two lists"
    assert len(waits) == 2 * (attempts - 1)


CUTS = {
    "status-line": lambda whole: whole[:10],
    "body": lambda whole: whole[:-5],
    "no-body": lambda whole: whole.partition(b"\r\n\r\n")[0] + b"\r\n\r\n",
}


@pytest.mark.parametrize(
    ("cut", "is_reset"), [("status-line", False), ("body", False), ("no-body", False), ("body", True)]
)
def test_an_answer_cut_short_is_an_attempt_also_on_a_used_connection(
    cut: str, is_reset: bool, waits: list[float], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Only where no byte of it came, the connection was stale."""
    broken, head_is_read = threading.Event(), threading.Event()
    read = wire._read  # noqa: SLF001

    def read_on(response: Any, most_bytes: int) -> bytes:
        if broken.is_set():
            head_is_read.set()  # a reset takes what was not read yet with it
        return read(response, most_bytes)

    monkeypatch.setattr(wire, "_read", read_on)

    def serve(connection: socket.socket, server: RawServer) -> None:
        answers = 0
        while (path := server.read_request(connection)) is not None:
            answers += 1
            whole = response(*answer_to(path))
            if answers == 2 and not broken.is_set():
                broken.set()
                connection.sendall(CUTS[cut](whole))
                if is_reset:
                    head_is_read.wait(10)
                    reset_when_closed(connection)
                return
            connection.sendall(whole)

    with RawServer(serve) as server:
        outcome = run(server.url, tmp_path, page_size=2, max_attempts=2)
    assert outcome.exit_code == 0, outcome.log
    assert {key for (key,) in outcome.keys("scim_users")} == set(PEOPLE)
    assert "attempt 1 of 2" in outcome.log
    assert len(waits) == 1
