"""A server that answers as a test says: for what the sandbox does not play, such as tempting bodies."""

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from werkzeug import Request, Response

from freshsales_sandbox.serving import HOST, HttpServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

API_KEY, SCIM_TOKEN = "the-api-key-of-this-test", "the-scim-token-of-this-test"


class AnsweringServer:
    """Both surfaces, from `with` to the end of its block; `requests` are kept in order."""

    def __init__(self, answer: Callable[[Request], Response]) -> None:
        self._answer = answer
        self.requests: list[Request] = []

    def __enter__(self) -> Self:
        self._server = HttpServer(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.port}"

    @property
    def config(self) -> dict[str, Any]:
        return {
            "domain": "acme",
            "api_key": API_KEY,
            "scim_token": SCIM_TOKEN,
            "rest_api_url": self.url + "/rest",
            "scim_api_url": self.url + "/scim",
        }

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        self.requests.append(request)
        return self._answer(request)(environ, start_response)


def json_answer(text: str, status: int = 200, **headers: str) -> Response:
    return Response(
        text,
        status,
        {name.replace("_", "-"): value for name, value in headers.items()},
        content_type="application/json",
    )
