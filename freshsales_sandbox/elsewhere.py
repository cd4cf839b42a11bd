"""Another host, to which redirects lead. No client may send anything there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug import Request

from freshsales_sandbox.rest import json_response
from freshsales_sandbox.scim import LIST_RESPONSE
from freshsales_sandbox.serving import HOST, HttpServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Elsewhere:
    """Answers every request with a plausible empty list, and keeps each path with its credential."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str | None]] = []  # path, Authorization
        self._server: HttpServer | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.port}" if self._server else ""

    def start(self) -> None:
        self._server = HttpServer(self)

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        self.requests.append((request.path, request.headers.get("Authorization")))
        nothing = {"schemas": [LIST_RESPONSE], "totalResults": 0, "Resources": []}
        rest = {"users": [], "roles": [], "territories": [], "teams": [], "user": {"id": 1}}
        return json_response(nothing | rest)(environ, start_response)
