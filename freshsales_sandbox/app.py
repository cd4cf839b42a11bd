"""The sandbox: both surfaces over one directory, served on loopback."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Self

from werkzeug import Request, Response

from freshsales_sandbox import rest, scim
from freshsales_sandbox.company import found_company
from freshsales_sandbox.quota import Quota, Standing
from freshsales_sandbox.rest import RestApi
from freshsales_sandbox.scim import ScimApi
from freshsales_sandbox.serving import HOST, HttpServer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

DOMAIN = "acme.myfreshworks.com"
API_KEY = "sandbox-api-key-0123456789"
SCIM_TOKEN = "sandbox-scim-token-0123456789"  # noqa: S105 - opens nothing but this sandbox
USUAL_QUOTA = "1000/h"

Handler = Callable[[Request], Response]


class Asked(NamedTuple):
    """One request, in the order of their arrival; status 0 where no answer was given."""

    method: str
    path: str
    query: str
    status: int


class Sandbox:
    """A company's Freshsales account on 127.0.0.1, from `with` to the end of its block.

    >>> with Sandbox(people=250, seed=7) as sandbox:
    ...     sandbox.config["rest_api_url"]
    """

    def __init__(
        self, people: int = 250, seed: int = 7, *, quota: str | None = USUAL_QUOTA, port: int = 0
    ) -> None:
        self.directory = found_company(people, seed)
        self.quota = None if quota is None else Quota.parse(quota)
        self.port = port
        self.requests: list[Asked] = []
        self._rest = RestApi(self.directory, API_KEY)
        self._scim = ScimApi(self.directory, SCIM_TOKEN)
        self._handler: Handler = self._metered
        self._lock = Lock()
        self._server: HttpServer | None = None

    @property
    def config(self) -> dict[str, str]:
        """The settings with which the tap reads this sandbox."""
        root = f"http://{HOST}:{self.port}"
        return {
            "domain": DOMAIN,
            "api_key": API_KEY,
            "scim_token": SCIM_TOKEN,
            "rest_api_url": root + rest.PATH,
            "scim_api_url": root + scim.PATH,
        }

    def start(self) -> None:
        """Raises OSError where the port cannot be had."""
        self._server = HttpServer(self, self.port)
        self.port = self._server.port

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        status = 0
        with self._lock:
            place = len(self.requests)
            self.requests.append(Asked(request.method, request.path, request.query_string.decode(), 0))
        try:
            response = self._handler(request)
            status = response.status_code
        finally:
            self.requests[place] = self.requests[place]._replace(status=status)
        return response(environ, start_response)

    def _metered(self, request: Request) -> Response:
        if self.quota is None:
            return self._surfaces(request)
        standing = self.quota.spend()
        response = (
            rest.failure(429, "Rate limit exceeded.") if standing.is_refused else self._surfaces(request)
        )
        self._tell(standing, response)
        return response

    def _tell(self, standing: Standing, response: Response) -> None:
        response.headers["X-RateLimit-Limit"] = str(standing.limit)
        response.headers["X-RateLimit-Remaining"] = str(standing.remaining)
        response.headers["X-RateLimit-Reset"] = str(int(standing.resets_at) + 1)

    def _surfaces(self, request: Request) -> Response:
        if request.path.startswith(rest.PATH + "/"):
            return self._rest(request, request.path.removeprefix(rest.PATH))
        if request.path.startswith(scim.PATH + "/"):
            environ = {
                **request.environ,
                "SCRIPT_NAME": "/scim",
                "PATH_INFO": request.path.removeprefix("/scim"),
            }
            return Response.from_app(self._scim, environ, buffered=True)
        return Response("<html><body>Not found</body></html>", 404, content_type="text/html")
