"""The sandbox: both surfaces over one directory, served on loopback."""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict
from datetime import datetime
from functools import cached_property
from threading import Event, Lock
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from werkzeug import Request, Response

from freshsales_sandbox import drift as drifting
from freshsales_sandbox import faults as breaking
from freshsales_sandbox import rest, scim
from freshsales_sandbox.company import found_company
from freshsales_sandbox.diary import Diary, Entry
from freshsales_sandbox.elsewhere import Elsewhere
from freshsales_sandbox.layers import ENDPOINTS, Handler, html, number, stack
from freshsales_sandbox.okta import api as okta
from freshsales_sandbox.okta.api import OktaApi
from freshsales_sandbox.okta.tenant import FRESHWORKS_APP, Tenant
from freshsales_sandbox.quirks import layers_of
from freshsales_sandbox.quota import Quota
from freshsales_sandbox.rest import RestApi
from freshsales_sandbox.schedule import Planned
from freshsales_sandbox.scim import ScimApi
from freshsales_sandbox.serving import HOST, HttpServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

DOMAIN = "acme.myfreshworks.com"
API_KEY = "sandbox-api-key-0123456789"
SCIM_TOKEN = "sandbox-scim-token-0123456789"  # noqa: S105 - opens nothing but this sandbox
USUAL_QUOTA = "1000/h"

# Freshsales has no such path. By it, another process lets days pass in the sandbox.
PLAY_PATH = "/sandbox/play"
PLAY_HEADER = "X-Sandbox-Secret"
PLAY_SECRET = "sandbox-director-0123456789"  # noqa: S105
MOST_DAYS = 3660


class Asked(NamedTuple):
    """One request; they are kept in the order of arrival. Status 0: no whole answer was sent."""

    method: str
    path: str
    query: str
    status: int


class Sandbox:
    """The Freshsales account of a company on 127.0.0.1, until the end of the `with` block.

    `quirks`, `drift` and `faults` have the form of the command line, with one entry or several. With a quota
    of None there is no limit, and no header about one. `okta_clock` gives the times of events at the identity
    provider; without it, they have the simulated time of the directory. Raises ValueError with a sentence
    for the user.
    """

    def __init__(
        self,
        people: int = 250,
        seed: int = 7,
        *,
        quirks: str | Collection[str] = (),
        drift: str | Collection[str] = (),
        faults: str | Collection[str] = (),
        quota: str | None = USUAL_QUOTA,
        okta_quota: str | None = okta.USUAL_QUOTA,
        okta_clock: Callable[[], datetime] | None = None,
        port: int = 0,
    ) -> None:
        self.seed = seed
        self.directory = found_company(people, seed)
        self.diary = Diary(self.directory, seed)
        self.quota = None if quota is None else Quota.parse(quota)
        self.port = port
        self.requests: list[Asked] = []
        self.elsewhere = Elsewhere()
        self._okta_quota = okta_quota
        self._okta_clock = okta_clock or (lambda: self.directory.now)
        self._rest = RestApi(self.directory, API_KEY)
        self._scim = ScimApi(self.directory, SCIM_TOKEN)
        self._lock = Lock()
        self._stopping = Event()
        self._server: HttpServer | None = None
        self._quirks = layers_of(_several(quirks), self.directory)
        self._drift = [
            Planned.parse(text, drifting.DRIFTS, drifting.DRIFTING_LISTS, drifting.USUAL_LIST)
            for text in _several(drift)
        ]
        self._faults = [Planned.parse(text, breaking.FAULTS, ENDPOINTS) for text in _several(faults)]
        self._handler = self._layered()

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

    @property
    def okta_config(self) -> dict[str, str]:
        """The settings with which `freshsales-idp okta` reads the identity provider of this company."""
        return {
            "account": DOMAIN,
            "okta_url": f"http://{HOST}:{self.port}",
            "okta_token": okta.API_TOKEN,
            "okta_app_ids": FRESHWORKS_APP,
        }

    @cached_property
    def okta(self) -> OktaApi:
        """The identity provider. It is made at its first use, or when days begin to pass."""
        with self.directory.lock:
            tenant = Tenant(self.directory, self.seed, self._okta_clock)
            self.diary.followers.append(tenant.follow)
            return OktaApi(tenant, quota=self._okta_quota)

    def play(self, days: int) -> list[Entry]:
        """Let this many days pass on both sides. Returns what happened in Freshsales."""
        entries: list[Entry] = []
        for _ in range(days):
            with self.directory.lock:
                tenant = self.okta.tenant
                entries += self.diary.play(1)
                tenant.live_a_day()
        return entries

    def start(self) -> None:
        """Start to serve; raises OSError if the port cannot be used."""
        self._stopping.clear()
        self._server = HttpServer(self, self.port)
        self.port = self._server.port
        if any(planned.name.startswith("redirect") for planned in self._faults):
            self.elsewhere.start()

    def stop(self) -> None:
        self._stopping.set()
        self.elsewhere.stop()
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
        if request.path == PLAY_PATH:
            return self._play_for(request)(environ, start_response)
        if request.path.startswith(okta.PATH + "/"):
            return self._play_okta(request)(environ, start_response)
        with self._lock:
            place = len(self.requests)
            self.requests.append(Asked(request.method, request.path, request.query_string.decode(), 0))
        response = self._handler(request)
        self.requests[place] = self.requests[place]._replace(status=response.status_code)
        return response(environ, start_response)

    def _layered(self) -> Handler:
        """Put all layers around the surfaces. A fault costs no quota, and every quirk sees the drift."""
        outside, inside = self._quirks
        inner = stack([drifting.layer_of(self._drift, self.directory), *inside], self._surface)
        breaking_layer = breaking.layer_of(self._faults, lambda: self.elsewhere.url, self._stopping)
        return stack([breaking_layer, *outside], lambda request: self._meter(request, inner))

    def _meter(self, request: Request, answer: Handler) -> Response:
        if self.quota is None:
            return answer(request)
        standing = self.quota.spend()
        response = rest.failure(429, "Rate limit exceeded.") if standing.is_refused else answer(request)
        response.headers["X-RateLimit-Limit"] = str(standing.limit)
        response.headers["X-RateLimit-Remaining"] = str(standing.remaining)
        response.headers["X-RateLimit-Reset"] = str(math.ceil(standing.resets_at))
        return response

    def _surface(self, request: Request) -> Response:
        path = request.path
        if path.startswith(rest.PATH + "/"):
            return self._rest(request, path.removeprefix(rest.PATH))
        if path.startswith(scim.PATH + "/"):
            environ = {**request.environ, "SCRIPT_NAME": "/scim", "PATH_INFO": path.removeprefix("/scim")}
            return Response.from_app(self._scim, environ, buffered=True)
        return html("Page not found", 404)

    def _play_okta(self, request: Request) -> Response:
        with self.directory.lock:
            api = self.okta
        return api(request)

    def _play_for(self, request: Request) -> Response:
        """Answer the process that directs a demo. A page in a browser cannot send the header for it."""
        if not hmac.compare_digest(request.headers.get(PLAY_HEADER, "").encode(), PLAY_SECRET.encode()):
            return rest.failure(403, f"{PLAY_PATH} wants the header {PLAY_HEADER}.")
        days = number(request.args, "days", 0)
        if request.method != "POST" or not 1 <= days <= MOST_DAYS:
            return rest.failure(400, f"POST {PLAY_PATH}?days=N, with N from 1 to {MOST_DAYS}.")
        entries = [asdict(entry) | {"at": entry.at.isoformat()} for entry in self.play(days)]
        return rest.json_response({"day": self.diary.day, "entries": entries})


def _several(texts: str | Collection[str]) -> list[str]:
    """The entries of one text that separates them by commas, or of several such texts."""
    texts = [texts] if isinstance(texts, str) else texts
    return [entry.strip() for text in texts for entry in text.split(",") if entry.strip()]
