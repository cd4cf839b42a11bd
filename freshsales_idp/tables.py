"""The columns that are loaded of users, app users and log events. Nothing else that Okta sends is loaded.

These are left out on purpose: recovery questions and addresses (`secondEmail`), phone numbers, and in log
events the names, addresses, devices and places of the people who act.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

JSON = dict[str, Any]
ColumnType = Literal["text", "timestamp", "bool", "bigint", "json"]

# This filter matches everybody. Okta lists deprovisioned users only if a filter asks for them.
ALL_USERS = 'status eq "DEPROVISIONED" or lastUpdated gt "1970-01-01T00:00:00.000Z"'

# Events in which somebody left, came back or was suspended, in the whole organization.
LIFECYCLE_EVENTS = (
    "user.lifecycle.activate",
    "user.lifecycle.deactivate",
    "user.lifecycle.delete.completed",
    "user.lifecycle.reactivate",
    "user.lifecycle.suspend",
    "user.lifecycle.unsuspend",
)
# Events of a user and one of the named apps.
APP_EVENTS = (
    "application.provision.user.deactivate",
    "application.provision.user.deprovision",
    "application.provision.user.reactivate",
    "application.user_membership.add",
    "application.user_membership.deprovision",
    "application.user_membership.remove",
    "user.authentication.sso",
)


@dataclass(frozen=True)
class Table:
    """A table in the warehouse. `columns` are paths in Okta's JSON; dlt makes column names of them."""

    name: str
    key: tuple[str, ...]
    columns: dict[str, ColumnType]

    def row(self, item: JSON) -> JSON:
        """A row with these columns only. Values that are not text become text; a wrong time becomes null."""
        return {
            path.replace(".", "__"): _typed(_clean(_value(item, path)), type_)
            for path, type_ in self.columns.items()
        }


USERS = Table(
    "users",
    ("id",),
    {
        "id": "text",
        "status": "text",
        "created": "timestamp",
        "activated": "timestamp",
        "statusChanged": "timestamp",
        "lastLogin": "timestamp",
        "lastUpdated": "timestamp",
        "profile.login": "text",
        "profile.email": "text",
        "profile.displayName": "text",
        "profile.firstName": "text",
        "profile.lastName": "text",
        "profile.employeeNumber": "text",
        "profile.department": "text",
    },
)
APP_USERS = Table(
    "app_users",
    ("app_id", "id"),
    {
        "id": "text",
        "externalId": "text",
        "status": "text",
        "statusChanged": "timestamp",
        "scope": "text",
        "syncState": "text",
        "lastSync": "timestamp",
        "created": "timestamp",
        "lastUpdated": "timestamp",
        "credentials.userName": "text",
    },
)
LOG_EVENTS = Table(
    "log_events",
    ("uuid",),
    {
        "uuid": "text",
        "published": "timestamp",
        "eventType": "text",
        "outcome.result": "text",
        "outcome.reason": "text",
        "actor.id": "text",
        "actor.type": "text",
        "target": "json",
    },
)
TABLES = (USERS, APP_USERS, LOG_EVENTS)


def event_filter(app_ids: tuple[str, ...]) -> str:
    """A filter for the listed types of events; sign-ins and pushes only if they are of the named apps."""
    lifecycle = _any_of("eventType", LIFECYCLE_EVENTS)
    return f"{lifecycle} or ({_any_of('eventType', APP_EVENTS)} and {_any_of('target.id', app_ids)})"


def _any_of(name: str, values: tuple[str, ...]) -> str:
    return "(" + " or ".join(f'{name} eq "{value}"' for value in values) + ")"


def _value(item: JSON, path: str) -> object:
    value: Any = item
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if path == "target":
        # The ids of who and what took part, without names and addresses.
        targets = value if isinstance(value, list) else []
        return [
            {"id": each.get("id"), "type": each.get("type")} for each in targets if isinstance(each, dict)
        ]
    return value


def _typed(value: Any, type_: ColumnType) -> Any:
    if value is None or type_ == "json":
        return value
    if type_ == "timestamp":
        return _moment(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _clean(value: Any) -> Any:
    """Replace characters that no warehouse can store, in every text: NUL, and lone surrogates."""
    match value:
        case str():
            return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [_clean(each) for each in value]
        case dict():
            return {_clean(name): _clean(each) for name, each in value.items()}
        case _:
            return value
