"""The REST surface: endpoints of the sales API, in the shapes of its documentation."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from werkzeug import Request, Response

from freshsales_sandbox.directory import Directory, Person
from freshsales_sandbox.records import RECORD_TYPES, search

PATH = "/crm/sales/api"
PAGE_SIZE = 25
LARGEST_PAGE = 100
SEARCH = "/filtered_search/"
# Date-times have the offset of the account.
ACCOUNT_ZONE = timezone(timedelta(hours=-6))


class RestApi:
    """Answers requests. Their paths are relative to the base URL of the sales API."""

    def __init__(self, directory: Directory, api_key: str) -> None:
        self.directory = directory
        self.api_key = api_key
        self.lists: dict[str, tuple[str, Callable[[], list[dict[str, Any]]]]] = {
            "/selector/owners": ("users", lambda: [owner(person) for person in directory.owners()]),
            "/selector/roles": (
                "roles",
                lambda: [{"id": role.id, "name": role.name} for role in directory.roles],
            ),
            "/selector/territories": (
                "territories",
                lambda: [
                    {"id": item.id, "name": item.name, "position": item.position}
                    for item in directory.territories
                ],
            ),
            "/selector/teams": (
                "teams",
                lambda: [{"id": team.id, "name": team.name} for team in directory.teams],
            ),
        }

    def __call__(self, request: Request, path: str) -> Response:
        if not self._is_known(request):
            return failure(401, "Unauthorized: the API key is missing or wrong.")
        if path.removeprefix(SEARCH) in RECORD_TYPES and path.startswith(SEARCH):
            return self._search(request, path.removeprefix(SEARCH))
        if request.method != "GET":
            return failure(405, "GET only.")
        if path == "/settings/profile" and self.directory.key_owner is not None:
            return json_response({"user": owner(self.directory.key_owner)})
        if path not in self.lists:
            return failure(404, "The requested resource does not exist.")
        key, items = self.lists[path]
        return json_response({key: self._page(path, items, request)})

    def _page(
        self, path: str, items: Callable[[], list[dict[str, Any]]], request: Request
    ) -> list[dict[str, Any]]:
        page = max(request.args.get("page", 1, int), 1)
        size = min(max(request.args.get("per_page", PAGE_SIZE, int), 1), LARGEST_PAGE)
        return self.directory.view(path, items)[(page - 1) * size : page * size]

    def _search(self, request: Request, record_type: str) -> Response:
        """Records by their owner, one page of them; a POST that changes nothing."""
        if request.method != "POST":
            return failure(405, "POST only.")
        match request.get_json(silent=True):
            case {"filter_rule": []}:
                owner_ids = None
            case {"filter_rule": [{"attribute": "owner_id", "operator": "is_in", "value": list(owner_ids)}]}:
                pass
            case _:
                return failure(400, "filter_rule is not understood.")
        page = max(request.args.get("page", 1, int), 1)
        return json_response(search(self.directory, record_type, owner_ids, page))

    def _is_known(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "token":
            return token.strip() == f"token={self.api_key}"
        # The documentation has two forms of Basic: the key is the user name, or the password of X-API-KEY.
        basic = request.authorization
        if basic is None or basic.type != "basic":
            return False
        return basic.username == self.api_key or (basic.username, basic.password) == (
            "X-API-KEY",
            self.api_key,
        )


def owner(person: Person) -> dict[str, Any]:
    return {
        "id": person.crm_id,
        "name": person.display_name,
        "display_name": person.display_name,
        "email": person.crm_email,
        "first_name": person.given_name,
        "last_name": person.family_name,
        "phone": person.phone,
        "mobile": person.mobile,
        "role_id": person.role_id,
        "territory_id": person.territory_id,
        "is_active": person.crm_active,
        "time_zone": person.time_zone,
        "language": person.language,
        "created_at": local_time(person.created),
        "updated_at": local_time(person.crm_modified),
    }


def local_time(moment: datetime) -> str:
    return moment.astimezone(ACCOUNT_ZONE).isoformat(timespec="seconds")


def failure(status: int, message: str) -> Response:
    return json_response({"errors": {"code": status, "message": [message]}}, status)


def json_response(content: object, status: int = 200, media_type: str = "application/json") -> Response:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(body, status, content_type=f"{media_type}; charset=utf-8")
