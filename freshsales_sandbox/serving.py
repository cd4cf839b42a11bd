"""A threaded HTTP/1.1 server on loopback that starts in milliseconds and can be stopped."""

from __future__ import annotations

import logging
import socket
from threading import Thread
from typing import TYPE_CHECKING, Any

from cheroot.wsgi import Gateway_10, Server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"
CONNECTION = "freshsales_sandbox.connection"
# More threads than a client has requests in flight, so that no request waits behind one that hangs.
THREADS = 24
# With the 5 of cheroot, a client that opens many connections at once waits a second until TCP tries again.
BACKLOG = 128
IDLE_SECONDS = 300

log = logging.getLogger(__name__)


class _Gateway(Gateway_10):
    """Gives the connection to the application: some faults need the raw socket."""

    def get_environ(self) -> WSGIEnvironment:  # type: ignore[override]  # their stubs give it no result
        environ: WSGIEnvironment = super().get_environ()  # type: ignore[no-untyped-call]
        environ[CONNECTION] = self.req.conn
        return environ


class _Server(Server):
    # Seconds that its loop sleeps; a stop takes as long.
    expiration_interval = 0.02

    @staticmethod
    def bind_socket(socket_: socket.socket, bind_addr: tuple[str, int]) -> socket.socket:
        try:
            socket_.bind(bind_addr)
        except OSError:
            socket_.close()  # cheroot does not close it
            raise
        return socket_

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:  # noqa: FBT001, FBT002
        log.log(level, "%s", msg, exc_info=traceback)


class HttpServer:
    """Serves a WSGI application from the start until `stop`."""

    def __init__(self, app: WSGIApplication, port: int = 0) -> None:
        """Bind the port and serve; raises OSError if the port cannot be used."""
        self._server: Any = _Server(
            (HOST, port),
            app,
            numthreads=THREADS,
            server_name="sandbox",
            request_queue_size=BACKLOG,
            timeout=IDLE_SECONDS,
        )
        self._server.gateway = _Gateway
        self._server.prepare()
        self.port: int = self._server.bind_addr[1]
        self._thread = Thread(target=self._server.serve, name=f"sandbox-{self.port}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.stop()
        self._thread.join()
