"""Reads one list of Okta from its first page to its last. The result becomes a receipt."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from dlt.sources.helpers.rest_client.auth import APIKeyAuth
from dlt.sources.helpers.rest_client.client import RESTClient
from dlt.sources.helpers.rest_client.paginators import HeaderLinkPaginator
from requests import HTTPError, RequestException, TooManyRedirects

from freshsales_idp.errors import UnreadError
from freshsales_idp.session import session_for
from freshsales_idp.settings import PREFIX, Settings
from freshsales_idp.tables import ALL_USERS, APP_USERS, JSON, LOG_EVENTS, USERS, Table, event_filter

# How long Okta keeps its log.
LOG_KEPT = timedelta(days=90)
# Asks for answers without the `credentials` of users, which contain their recovery questions.
LEAN = {"Content-Type": "application/json; okta-response=omitCredentials,omitCredentialsLinks"}


@dataclass
class Reading:
    """What to ask for. After its rows were taken, it also says how far the reading came."""

    table: Table
    path: str
    query: dict[str, str]
    app_id: str | None = None
    events_from: datetime | None = None
    is_never_empty: bool = False
    keys: set[str] = field(default_factory=set)
    incomplete_reason: str | None = "The list was not read."
    started_at: datetime | None = None
    finished_at: datetime | None = None

    def rows(self, client: RESTClient) -> Iterator[list[JSON]]:
        """Yield the rows page by page. An error of the server is not raised: it sets `incomplete_reason`."""
        self.started_at = datetime.now(UTC)
        try:
            yield from self._pages(client)
            if self.is_never_empty and not self.keys:
                raise UnreadError(  # noqa: TRY301 - one place says how a reading ended
                    "Okta listed nobody, not even the owner of the token: check the rights of the token."
                )
            self.incomplete_reason = None
        except UnreadError as error:
            self.incomplete_reason = str(error)
        except (RequestException, ValueError) as error:
            self.incomplete_reason = self._reason(error)
        finally:
            self.finished_at = datetime.now(UTC)

    def _pages(self, client: RESTClient) -> Iterator[list[JSON]]:
        asked: set[str] = set()
        for page in client.paginate(self.path, params=self.query, headers=LEAN, data_selector="$"):
            if page.response.url in asked:
                raise UnreadError("Okta names a page as the next one that was read already.")
            asked.add(page.response.url)
            if not page.response.content.lstrip().startswith(b"["):
                raise UnreadError("Okta sent an answer that is no list.")
            yield [self._row(item) for item in page]

    def _row(self, item: object) -> JSON:
        key = item.get(self.table.key[-1]) if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(key, str) or not key:
            raise UnreadError("Okta sent an entry without an id.")
        row = self.table.row(item)
        if self.app_id is not None:
            row["app_id"] = self.app_id
        self.keys.add(key if self.app_id is None else f"{self.app_id}\t{key}")
        return row

    def _reason(self, error: Exception) -> str:
        """What happened, without a word of the answer, which may name people."""
        what = f"the users of app {self.app_id}" if self.app_id else f"/api/v1{self.path}"
        if isinstance(error, HTTPError) and error.response is not None:
            status = error.response.status_code
            match status:
                case HTTPStatus.UNAUTHORIZED:
                    return f"Okta does not know the token: set {PREFIX}OKTA_TOKEN to one that is active."
                case HTTPStatus.FORBIDDEN:
                    return (
                        f"The token may not read {what}: its owner needs the role Read-only Administrator, "
                        "for all users."
                    )
                case HTTPStatus.NOT_FOUND if self.app_id:
                    return f"Okta has no app {self.app_id}: correct {PREFIX}OKTA_APP_IDS."
                case _:
                    return f"Okta answered {status} to {what}: run the load again later."
        if isinstance(error, TooManyRedirects):
            return f"Okta redirects {what}, which is not followed: set {PREFIX}OKTA_URL to the final address."
        if isinstance(error, ValueError):
            return f"Okta answered {what} with something that is not JSON: run the load again later."
        return f"No answer from Okta to {what} ({type(error).__name__}): run the load again later."


def readings_of(settings: Settings, now: datetime) -> list[Reading]:
    """The lists to read: all users, the users of each app, and the log as far back as Okta keeps it."""
    since = now - LOG_KEPT
    log = {
        "since": _timestamp(since),
        # Without `until`, Okta always names a next page, for future events. Its times have milliseconds.
        "until": _timestamp(now + timedelta(milliseconds=1)),
        "filter": event_filter(settings.okta_app_ids),
        "limit": "1000",
        "sortOrder": "ASCENDING",
    }
    return [
        Reading(USERS, "/users", {"filter": ALL_USERS, "limit": "200"}, is_never_empty=True),
        *(
            Reading(APP_USERS, f"/apps/{app_id}/users", {"limit": "500"}, app_id=app_id)
            for app_id in settings.okta_app_ids
        ),
        Reading(LOG_EVENTS, "/logs", log, events_from=since),
    ]


def client_for(settings: Settings) -> RESTClient:
    """The client for the API of this organization."""
    return RESTClient(
        base_url=f"{settings.okta_url.rstrip('/')}/api/v1",
        auth=APIKeyAuth(name="Authorization", api_key=f"SSWS {settings.okta_token}"),
        paginator=HeaderLinkPaginator(),
        session=session_for(settings),
    )


def sha256_of(keys: Collection[str]) -> str:
    """SHA-256 in hex of the keys, sorted by their UTF-8 bytes, one on each line: as `population_sha256`."""
    return hashlib.sha256(b"\n".join(sorted(key.encode() for key in keys))).hexdigest()


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
