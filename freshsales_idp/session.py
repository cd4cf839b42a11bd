"""HTTP to one Okta organization: within its rate limits, with retries, and to no other host."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from dlt.sources.helpers.requests import Client
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter

from freshsales_idp.errors import UnreadError
from freshsales_idp.settings import Settings

# All waits for the rate limit together. A limit of Okta resets within a minute.
LONGEST_WAIT_SECONDS = 900.0
LEAST_WAIT_SECONDS = 1.0
SERVER_ERRORS = tuple(range(500, 600))


def session_for(settings: Settings) -> Session:
    """A session that asks this organization only. It retries after server errors and lost connections."""
    session = Client(status_codes=SERVER_ERRORS, raise_for_status=False).session
    # A proxy of the environment is not used for this machine itself.
    session.trust_env = not settings.is_on_loopback
    # A redirect could send the token to another host.
    session.max_redirects = 0
    session.mount("http://", _OktaAdapter(settings.okta_url))
    session.mount("https://", _OktaAdapter(settings.okta_url))
    return session


class _OktaAdapter(HTTPAdapter):
    """Sends a request. If the rate limit is used up, it waits for the reset and sends the request again."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._origin = _origin(url)
        self._waited = 0.0

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        if _origin(str(request.url)) != self._origin:
            raise UnreadError("Okta names a next page on another host, which the token is not sent to.")
        while True:
            response = super().send(request, *args, **kwargs)
            # Read the whole body here, so that the connection is free again in any case.
            _ = response.content
            if response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
                return response
            seconds = seconds_until_reset(response)
            self._waited += seconds
            if self._waited > LONGEST_WAIT_SECONDS:
                raise UnreadError(
                    "Okta's rate limit leaves no room for this load: run it when less else reads from Okta, "
                    "or ask Okta for a higher limit."
                )
            time.sleep(seconds)


def seconds_until_reset(response: Response) -> float:
    """How long to wait, in seconds. Both times are from the server, so this clock may be wrong."""
    try:
        reset = datetime.fromtimestamp(int(response.headers["X-Rate-Limit-Reset"]), UTC)
        now = parsedate_to_datetime(response.headers["Date"])
        return max((reset - now).total_seconds(), LEAST_WAIT_SECONDS)
    except (KeyError, ValueError, OverflowError):
        return LEAST_WAIT_SECONDS


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
