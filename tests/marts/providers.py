"""Raw tables of identity providers, as the loaders in use make them of the same answers of the same API."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.marts.engines import Engine

Row = dict[str, Any]
Tables = dict[str, list[Row]]

TYPES = {
    "text": ("varchar", "text"),
    "json": ("json", "jsonb"),
    "timestamp": ("timestamp", "timestamp"),
    "timestamptz": ("timestamptz", "timestamptz"),
    "date": ("date", "date"),
    "boolean": ("boolean", "boolean"),
    "integer": ("bigint", "bigint"),
}
A_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


class Providers:
    """The tables of all schemas, each written whole each time; `now` is about when they were loaded."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        self.entries: list[Row] = []
        self.service_accounts: list[str] = []
        self.tables: dict[tuple[str, str], list[Row]] = {}

    @property
    def environment(self) -> dict[str, str]:
        """Not as variables of dbt: it would parse the whole project anew with each of them."""
        return {
            "FRESHSALES_IDP": json.dumps(self.entries),
            "FRESHSALES_IDP_SERVICE_ACCOUNTS": ",".join(self.service_accounts),
        }

    def put(self, schema: str, tables: Mapping[str, list[Row]]) -> None:
        for name, rows in tables.items():
            self.tables[schema, name] = rows

    def load(self, engine: "Engine") -> None:
        schemas = sorted({schema for schema, _ in self.tables})
        engine.execute(
            "; ".join(
                [f"create schema if not exists {schema}" for schema in schemas]
                + [
                    statements(engine, f"{schema}.{name}", rows)
                    for (schema, name), rows in self.tables.items()
                ]
            )
        )


def statements(engine: "Engine", table: str, rows: list[Row]) -> str:
    if not rows:
        return f"create table if not exists {table} (id {TYPES['text'][1]}); delete from {table}"
    types: dict[str, str] = {}
    for row in rows:
        for name, value in row.items():
            if not types.get(name):
                types[name] = "" if value is None else kind(value)
    place = 0 if engine.target == "duckdb" else 1
    columns = ", ".join(f'"{name}" {TYPES[type_ or "text"][place]}' for name, type_ in types.items())
    values = ", ".join(f"({', '.join(literal(row.get(name)) for name in types)})" for row in rows)
    made = f"drop table if exists {table} cascade; create table {table} ({columns})"
    return f"{made}; insert into {table} values {values}"


def kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, datetime):
        return "timestamp" if value.tzinfo is None else "timestamptz"
    if isinstance(value, date):
        return "date"
    return "json" if isinstance(value, dict | list) else "text"


def literal(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | int):
        return str(value).lower()
    text = json.dumps(value) if isinstance(value, dict | list) else str(value)
    return "'" + text.replace("'", "''") + "'"


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def parsed(value: object) -> object:
    """What a typed loader makes of a time."""
    return datetime.fromisoformat(value) if isinstance(value, str) and A_TIME.match(value) else value


def flat(item: Mapping[str, Any], joint: str, spell: Callable[[str], str], before: str = "") -> Row:
    """Nested objects become columns; lists stay as they are."""
    row: Row = {}
    for name, value in item.items():
        if isinstance(value, dict):
            row |= flat(value, joint, spell, f"{before}{spell(name)}{joint}")
        else:
            row[before + spell(name)] = value
    return row


def without_targets(event: Row) -> Row:
    """Return an event whose targets are rows of another table."""
    return {name: value for name, value in event.items() if name != "target"}


def airbyte(items: Mapping[str, list[Row]], loaded_at: datetime) -> Tables:
    names = {"users": "users", "app_users": "app_users", "log_events": "logs"}
    return {
        names[name]: [
            {key.lower(): parsed(value) for key, value in item.items()} | {"_airbyte_extracted_at": loaded_at}
            for item in rows
        ]
        for name, rows in items.items()
    }


def fivetran(items: Mapping[str, list[Row]], loaded_at: datetime) -> Tables:
    beside = {"_fivetran_synced": loaded_at, "_fivetran_deleted": False}

    def row(item: Row) -> Row:
        return {name: parsed(value) for name, value in flat(item, "_", snake).items()} | beside

    events = [row(without_targets(item)) for item in items["log_events"]]
    targets = [
        {"system_log_id": item["uuid"], "index": place, "id": target["id"], "type": target["type"]}
        for item in items["log_events"]
        for place, target in enumerate(item["target"])
    ]
    return {
        "user": [row(item) for item in items["users"]],
        "application_user": [row(item) for item in items["app_users"]],
        "system_log": events,
        "system_log_target": targets,
    }


def dlt(items: Mapping[str, list[Row]], loaded_at: datetime, **beside: Any) -> Tables:
    load_id = f"{loaded_at.replace(tzinfo=UTC).timestamp():.6f}"

    def row(item: Row, place: int) -> Row:
        columns = {name: parsed(value) for name, value in flat(item, "__", snake).items()}
        return {"_dlt_load_id": load_id, "_dlt_id": f"row{place}"} | columns | beside

    events = [row(without_targets(item), place) for place, item in enumerate(items["log_events"])]
    targets = [
        {
            "id": target["id"],
            "type": target["type"],
            "_dlt_parent_id": f"row{place}",
            "_dlt_id": f"{place}.{index}",
        }
        for place, item in enumerate(items["log_events"])
        for index, target in enumerate(item["target"])
    ]
    return {
        "users": [row(item, place) for place, item in enumerate(items["users"])],
        "app_users": [row(item, place) for place, item in enumerate(items["app_users"])],
        "log_events": events,
        "log_events__target": targets,
    }


def singer(items: Mapping[str, list[Row]], loaded_at: datetime) -> Tables:
    """Flattened, camelCase kept; times lose their zone, which is UTC; lists are text."""

    def value_of(value: Any) -> Any:
        value = parsed(value)
        if isinstance(value, datetime):
            return value.astimezone(UTC).replace(tzinfo=None)
        return json.dumps(value) if isinstance(value, list) else value

    return {
        name: [
            {key: value_of(value) for key, value in flat(item, "__", str).items()}
            | {"_sdc_batched_at": loaded_at.replace(tzinfo=None), "_sdc_deleted_at": None}
            for item in rows
        ]
        for name, rows in items.items()
    }


def plain_json(items: Mapping[str, list[Row]], loaded_at: datetime) -> Tables:
    return {
        name: [{**item, "loaded_at": loaded_at.isoformat()} for item in rows] for name, rows in items.items()
    }


DIALECTS: dict[str, Callable[..., Tables]] = {
    "airbyte": airbyte,
    "fivetran": fivetran,
    "dlt": dlt,
    "singer": singer,
    "plain_json": plain_json,
}


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def okta_user(number: int, status: str = "ACTIVE", **profile: Any) -> Row:
    """Return what Okta's list of users says of one; the times are of May 2026, and one has an offset."""
    return {
        "id": f"00u{number:017}",
        "status": status,
        "created": "2020-05-01T10:00:00.000Z",
        "statusChanged": f"2026-05-{number % 27 + 1:02}T09:30:00.000+02:00",
        "lastLogin": None if number % 3 else f"2026-06-{number % 27 + 1:02}T23:59:59.000Z",
        "profile": {
            "login": f"login{number}@okta.example",
            "email": f"User{number}@Corp.Example",
            "secondEmail": f"private{number}@home.example",
            "firstName": f"First{number}",
            "lastName": "O'Last",
            "displayName": None,
            "employeeNumber": f"{number:05}",
            "department": "Sales" if number % 2 else None,
            **profile,
        },
    }


def okta_app_user(number: int, app: str, **columns: Any) -> Row:
    return {
        "id": f"00u{number:017}",
        "externalId": f"scim{number}",
        "created": "2026-05-02T00:00:00.000Z",
        "status": "PROVISIONED",
        "syncState": "SYNCHRONIZED",
        "scope": "USER" if number % 2 else "GROUP",
        "credentials": {"userName": f"app{number}@okta.example"},
        "_links": {"app": {"href": f"https://tenant.okta.example/api/v1/apps/{app}"}},
        **columns,
    }


def okta_event(
    number: int, event_type: str, user: int, happened_at: str, app: str | None = None, result: str = "SUCCESS"
) -> Row:
    by_user = event_type in {"user.authentication.sso", "user.session.start"}
    targets = [{"id": f"0ua{user}", "type": "AppUser"}] if app else []
    if not by_user:
        targets.append({"id": f"00u{user:017}", "type": "User"})
    if app:
        targets.append({"id": app, "type": "AppInstance"})
    return {
        "uuid": f"event{number}",
        "published": happened_at,
        "eventType": event_type,
        "outcome": {"result": result, "reason": "refused" if result == "FAILURE" else None},
        "actor": {"id": f"00u{user:017}" if by_user else "admin", "type": "User"},
        "target": targets,
    }


def contract_user(name: str, **columns: Any) -> Row:
    return {"idp_user_id": name, "idp_status": "active", "has_left": False, **columns}


def rows_of(account: str, rows: Iterable[Row], loaded_at: datetime) -> list[Row]:
    return [{"account": account, "loaded_at": loaded_at.replace(tzinfo=None), **row} for row in rows]
