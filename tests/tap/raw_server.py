"""A TCP server on loopback, with or without TLS, that sends what no library would send."""

import contextlib
import json
import ssl
import threading
from collections.abc import Callable
from socket import SHUT_RDWR, create_server, socket
from types import TracebackType
from typing import Self

PEOPLE = [f"person-{number}" for number in range(4)]
HEAD_LIMIT = 65536


class RawServer:
    """Serves from `with` to the end of its block. `serve` gets each connection; its end closes it."""

    def __init__(
        self, serve: Callable[[socket, "RawServer"], None], tls: ssl.SSLContext | None = None
    ) -> None:
        self._serve = serve
        self._tls = tls
        self.connections = 0
        # The first line of each request that was read, in order.
        self.requests: list[str] = []
        # The headers of each, in one text.
        self.heads: list[str] = []
        # Connections that the client ended while an answer was being sent.
        self.cut_off = 0
        self.stopping = threading.Event()

    def __enter__(self) -> Self:
        self._socket = create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._open: list[socket] = []
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        for each in (self._socket, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._socket.close()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._handle, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _handle(self, connection: socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            self._serve(connection, self)
        except OSError:
            self.cut_off += 1
        finally:
            connection.close()

    def read_request(self, connection: socket) -> str | None:
        """The path of the next request, or None where the client has closed the connection."""
        head = b""
        while b"\r\n\r\n" not in head:
            received = connection.recv(HEAD_LIMIT)
            if not received:
                return None
            head += received
        line, _, rest = head.decode().partition("\r\n")
        self.requests.append(line)
        self.heads.append(rest)
        return line.split(" ")[1]


def answer_to(path: str) -> tuple[int, bytes]:
    """A company of four, by SCIM alone."""
    if "/Users" not in path:
        return 404, b"{}"
    query = dict(pair.split("=") for pair in path.partition("?")[2].split("&"))
    start, count = int(query["startIndex"]), int(query["count"])
    page = [{"id": person} for person in PEOPLE[start - 1 : start - 1 + count]]
    return 200, json.dumps({"totalResults": len(PEOPLE), "Resources": page}).encode()


def response(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def serve_http(connection: socket, server: RawServer) -> None:
    """As any server would: one connection for many requests."""
    while (path := server.read_request(connection)) is not None:
        connection.sendall(response(*answer_to(path)))
