"""The API of the tenant: users, the users of an app, and the system log, with the answers of Okta's API."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlencode

from werkzeug import Request, Response

from freshsales_sandbox.layers import number
from freshsales_sandbox.okta import filters, resources
from freshsales_sandbox.okta.tenant import FRESHWORKS_APP, OTHER_APP, Tenant
from freshsales_sandbox.quota import Quota, Standing
from freshsales_sandbox.rest import json_response

PATH = "/api/v1"
API_TOKEN = "sandbox-okta-token-0123456789"  # noqa: S105 - opens nothing but this sandbox
USUAL_QUOTA = "600/m"
RETENTION = timedelta(days=90)
USUAL_LOG = timedelta(days=7)
APP_USERS = re.compile(r"/apps/([^/]+)/users")
LARGEST_PAGE = {"users": 200, "apps": 500, "logs": 1000}
USUAL_PAGE = {"users": 200, "apps": 50, "logs": 100}

JSON = dict[str, Any]


class OktaError(Exception):
    """An error answer, with the code and summary of Okta."""

    def __init__(self, status: HTTPStatus, code: str, summary: str) -> None:
        super().__init__(summary)
        body = {
            "errorCode": code,
            "errorSummary": summary,
            "errorLink": code,
            "errorId": "oaesandbox0000000000",
            "errorCauses": [],
        }
        self.response = json_response(body, status)


class Page(NamedTuple):
    """The records of a page, and the cursor of the next page, if there is one."""

    records: Sequence[JSON]
    after: str | None


class OktaApi:
    """Answers requests whose path begins with `PATH`.

    `interrupt` gets each request first, and may answer it in place of the tenant. Tests break pages with it.
    """

    def __init__(self, tenant: Tenant, token: str = API_TOKEN, quota: str | None = USUAL_QUOTA) -> None:
        self.tenant = tenant
        self.token = token
        self.requests: list[tuple[str, str]] = []  # path and query, in the order of arrival
        self.interrupt: Callable[[Request], Response | None] = lambda _: None
        # Each kind of resource has its own limit.
        self._quotas = {} if quota is None else {kind: Quota.parse(quota) for kind in LARGEST_PAGE}

    def __call__(self, request: Request) -> Response:
        path = request.path.removeprefix(PATH)
        self.requests.append((path, request.query_string.decode()))
        kind = path.strip("/").partition("/")[0]
        standing = self._quotas[kind].spend() if kind in self._quotas else None
        try:
            if standing is not None:
                _refuse_beyond(standing)
            response = self.interrupt(request) or self._answer(request, path, kind)
        except OktaError as error:
            response = error.response
        if standing is not None:
            response.headers["X-Rate-Limit-Limit"] = str(standing.limit)
            response.headers["X-Rate-Limit-Remaining"] = str(standing.remaining)
            response.headers["X-Rate-Limit-Reset"] = str(math.ceil(standing.resets_at))
        return response

    def _answer(self, request: Request, path: str, kind: str) -> Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "SSWS" or token.strip() != self.token:
            raise OktaError(HTTPStatus.UNAUTHORIZED, "E0000011", "Invalid token provided")
        if request.method != "GET":
            raise OktaError(
                HTTPStatus.METHOD_NOT_ALLOWED,
                "E0000022",
                "The endpoint does not support the provided HTTP method",
            )
        with self.tenant.directory.lock:
            if path == "/users":
                page = self._users(request)
            elif path == "/logs":
                page = self._log(request)
            elif match := APP_USERS.fullmatch(path):
                page = self._app_users(request, match[1])
            else:
                raise OktaError(HTTPStatus.NOT_FOUND, "E0000022", "The endpoint does not exist")
        response = json_response(page.records)
        response.headers.add("Link", _link(request, request.args.to_dict(), "self"))
        if page.after is not None:
            query = request.args.to_dict() | {"after": page.after}
            response.headers.add(
                "Link", _link(request, {"limit": str(_limit(request, kind)), **query}, "next")
            )
        return response

    def _users(self, request: Request) -> Page:
        """List the users by their ids. Deprovisioned users only if a filter or a search asks for them."""
        asked = request.args.get("search") or request.args.get("filter")
        test = _filter(asked) if asked else lambda record: not resources.is_hidden(record)
        is_lean = "omitCredentials" in request.headers.get("Content-Type", "")
        base_url = _base_url(request)
        found = []
        for id_ in sorted(self.tenant.users):
            record = resources.user(self.tenant.users[id_], base_url)
            if is_lean:
                del record["credentials"]
            if test(record):
                found.append(record)
        return _page(found, request, "users")

    def _app_users(self, request: Request, app_id: str) -> Page:
        if app_id not in {FRESHWORKS_APP, OTHER_APP}:
            raise OktaError(
                HTTPStatus.NOT_FOUND, "E0000007", f"Not found: Resource not found: {app_id} (AppInstance)"
            )
        base_url = _base_url(request)
        records = sorted(self.tenant.assigned(app_id), key=lambda record: record.user.id)
        return _page([resources.app_user(record, base_url) for record in records], request, "apps")

    def _log(self, request: Request) -> Page:
        """List events. A query with `until` has a last page. Without it, there is always a next page."""
        now = self.tenant.now()
        since = max(_moment(request, "since", now - USUAL_LOG), now - RETENTION)
        is_polling = "until" not in request.args
        until = _moment(request, "until", now)
        test = _filter(request.args["filter"]) if "filter" in request.args else lambda _: True
        # The cursor is the position in the log at which the next page begins.
        first = number(request.args, "after", 0)
        limit = _limit(request, "logs")
        events = self.tenant.events
        end = bisect_left(events, until, key=lambda event: event.at)
        place = max(first, bisect_left(events, since, key=lambda event: event.at))
        records: list[JSON] = []
        while place < end and len(records) < limit:
            record = resources.log_event(events[place])
            place += 1
            if test(record):
                records.append(record)
        return Page(records, str(place) if is_polling or place < end else None)


def _refuse_beyond(standing: Standing) -> None:
    if standing.is_refused:
        raise OktaError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "E0000047",
            "API call exceeded rate limit due to too many requests.",
        )


def _page(found: Sequence[JSON], request: Request, kind: str) -> Page:
    """A page of records that are sorted by their ids. The cursor is the last id of the page before."""
    after, limit = request.args.get("after", ""), _limit(request, kind)
    rest = [record for record in found if record["id"] > after]
    return Page(rest[:limit], rest[limit - 1]["id"] if len(rest) > limit else None)


def _limit(request: Request, kind: str) -> int:
    return min(max(number(request.args, "limit", USUAL_PAGE[kind]), 1), LARGEST_PAGE[kind])


def _filter(text: str) -> filters.Test:
    try:
        return filters.parse(text)
    except Exception as error:  # of the library, which has many classes of errors
        raise OktaError(HTTPStatus.BAD_REQUEST, "E0000031", "Invalid search criteria.") from error


def _moment(request: Request, name: str, default: datetime) -> datetime:
    text = request.args.get(name)
    if text is None:
        return default
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise OktaError(HTTPStatus.BAD_REQUEST, "E0000001", f"Api validation failed: {name}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _base_url(request: Request) -> str:
    scheme = request.headers.get("X-Forwarded-Proto", request.scheme)
    return f"{scheme}://{request.host}{PATH}"


def _link(request: Request, query: dict[str, str], relation: str) -> str:
    url = _base_url(request) + request.path.removeprefix(PATH)
    return f'<{url}?{urlencode(query)}>; rel="{relation}"'
