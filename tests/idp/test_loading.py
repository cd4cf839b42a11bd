"""Two loads of one organization into each warehouse: what lands is what the tenant holds, no more."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from freshsales_idp.loading import load
from freshsales_idp.receipts import COLUMNS
from freshsales_idp.tables import APP_EVENTS, LIFECYCLE_EVENTS
from freshsales_sandbox.app import DOMAIN, Sandbox
from freshsales_sandbox.okta.tenant import FRESHWORKS_APP, LEFT, OTHER_APP, Assignment, OktaUser, Tenant
from tests.idp.conftest import location_of, settings_of
from tests.marts.engines import Engine

Row = dict[str, Any]
SCHEMA = "freshsales_okta"
DLT = {"_dlt_id", "_dlt_load_id"}
MARKS = {"account", "source"}
TABLES = {
    "users": {
        "id",
        "status",
        "created",
        "activated",
        "status_changed",
        "last_login",
        "last_updated",
        "profile__login",
        "profile__email",
        "profile__display_name",
        "profile__first_name",
        "profile__last_name",
        "profile__employee_number",
        "profile__department",
    },
    "app_users": {
        "app_id",
        "id",
        "external_id",
        "status",
        "status_changed",
        "scope",
        "sync_state",
        "last_sync",
        "created",
        "last_updated",
        "credentials__user_name",
    },
    "log_events": {
        "uuid",
        "published",
        "event_type",
        "outcome__result",
        "outcome__reason",
        "actor__id",
        "actor__type",
        "target",
    },
}


@dataclass
class Loaded:
    """A warehouse after two loads, with 20 days between them; more than one page of users."""

    engine: Engine
    tenant: Tenant
    receipts: list[list[Row]]
    assigned_at_first: set[str]

    def rows(self, sql: str) -> list[Row]:
        return self.engine.query(sql)

    def table(self, name: str) -> list[Row]:
        return self.rows(f"select * from {SCHEMA}.{name}")


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def loaded(request: pytest.FixtureRequest, new_engine: Callable[[str], Engine]) -> Iterator[Loaded]:
    engine = new_engine(request.param)
    with Sandbox(people=210, seed=7, okta_quota=None, okta_clock=lambda: datetime.now(UTC)) as sandbox:
        tenant = sandbox.okta.tenant
        settings = settings_of(sandbox, location_of(engine))
        sandbox.play(20)
        first = load(settings)
        assigned = {item.user.id for item in tenant.assigned(FRESHWORKS_APP)}
        sandbox.play(20)
        yield Loaded(engine, tenant, [first, load(settings)], assigned)


def seconds(moment: datetime | None) -> datetime | None:
    """Okta gives milliseconds."""
    return None if moment is None else moment.astimezone(UTC).replace(microsecond=0)


def user_row(user: OktaUser) -> Row:
    return {
        "id": user.id,
        "status": user.status,
        "status_changed": seconds(user.status_changed),
        "last_login": seconds(user.last_login),
        "profile__login": user.login,
        "profile__display_name": user.person.display_name,
        "profile__employee_number": user.person.employee_number,
        "profile__department": user.person.department,
    }


def app_user_row(item: Assignment) -> Row:
    return {
        "id": item.user.id,
        "app_id": item.app_id,
        "external_id": item.external_id,
        "scope": item.scope,
        "sync_state": item.sync_state,
    }


def cut(row: Row, like: Row) -> Row:
    """Keep of a row what is compared."""
    kept = {name: row[name] for name in like}
    return {name: seconds(value) if isinstance(value, datetime) else value for name, value in kept.items()}


def test_all_users_are_loaded_the_deprovisioned_included(loaded: Loaded) -> None:
    expected = {user.id: user_row(user) for user in loaded.tenant.users.values()}
    found = {row["id"]: row for row in loaded.table("users")}
    assert {id_: cut(row, expected[id_]) for id_, row in found.items()} == expected
    assert {row["status"] for row in found.values()} > {LEFT, "ACTIVE", "SUSPENDED"}


def test_of_the_assignments_those_of_the_named_app_are_loaded(loaded: Loaded) -> None:
    expected = {item.user.id: app_user_row(item) for item in loaded.tenant.assigned(FRESHWORKS_APP)}
    latest = loaded.receipts[1][0]["load_id"]
    found = loaded.rows(f"select * from {SCHEMA}.app_users where _dlt_load_id = '{latest}'")
    assert {row["id"]: cut(row, expected[row["id"]]) for row in found} == expected
    assert {row["app_id"] for row in loaded.table("app_users")} == {FRESHWORKS_APP} != {OTHER_APP}


def test_an_assignment_that_ended_keeps_its_row_and_its_older_load(loaded: Loaded) -> None:
    now = {item.user.id for item in loaded.tenant.assigned(FRESHWORKS_APP)}
    ended = loaded.assigned_at_first - now
    first = loaded.receipts[0][0]["load_id"]
    kept = loaded.rows(f"select id from {SCHEMA}.app_users where _dlt_load_id = '{first}'")
    assert ended
    assert {row["id"] for row in kept} == ended


def test_of_the_log_the_listed_types_are_loaded_and_of_the_named_app(loaded: Loaded) -> None:
    since = datetime.now(UTC) - timedelta(days=89)
    expected = {
        event.id: (event.type, event.result, event.reason, event.user.id)
        for event in loaded.tenant.events
        if event.at > since
        and (event.type in LIFECYCLE_EVENTS or (event.type in APP_EVENTS and event.app_id == FRESHWORKS_APP))
    }
    found = {}
    for row in loaded.table("log_events"):
        target = json.loads(row["target"]) if isinstance(row["target"], str) else row["target"]
        users = [each["id"] for each in target if each["type"] == "User"] or [row["actor__id"]]
        if row["published"] > since:
            found[row["uuid"]] = (
                row["event_type"],
                row["outcome__result"],
                row["outcome__reason"],
                users[0],
            )
    assert found == expected
    assert {type_ for type_, _, _, _ in found.values()} >= {"user.authentication.sso"}


def test_the_columns_are_the_listed_ones_and_no_other(loaded: Loaded) -> None:
    found: dict[str, set[str]] = {}
    for row in loaded.rows(
        "select table_name, column_name from information_schema.columns where table_schema in "
        f"('{SCHEMA}', '{SCHEMA}_staging') and table_name not like '\\_dlt%' escape '\\'"
    ):
        found.setdefault(row["table_name"], set()).add(row["column_name"])
    wanted = {name: columns | MARKS | DLT for name, columns in TABLES.items()}
    assert found == wanted | {"load_receipts": set(COLUMNS) | DLT}


def test_no_recovery_address_and_nobodys_name_in_a_log_is_loaded(loaded: Loaded) -> None:
    everything = json.dumps([loaded.table(name) for name in TABLES], default=str)
    log = json.dumps(loaded.table("log_events"), default=str)
    assert "private.example" not in everything
    assert "acme.example" in everything
    assert "acme.example" not in log


def test_nothing_stays_in_the_staging_tables_of_the_merge(loaded: Loaded) -> None:
    for name in TABLES:
        assert loaded.rows(f"select count(*) as rows from {SCHEMA}_staging.{name}") == [{"rows": 0}]


def test_each_receipt_holds_for_the_rows_of_its_load(loaded: Loaded) -> None:
    keys = {"users": "id", "app_users": "app_id || chr(9) || id", "log_events": "uuid"}
    latest = loaded.receipts[1][0]["load_id"]
    receipts = loaded.rows(f"select * from {SCHEMA}.load_receipts where load_id = '{latest}'")
    assert [receipt["object"] for receipt in receipts] == list(keys)
    for receipt in receipts:
        name = receipt["object"]
        found = loaded.rows(
            f"select {keys[name]} as key from {SCHEMA}.{name} where _dlt_load_id = '{latest}'"
        )
        lines = sorted(row["key"].encode() for row in found)
        assert (receipt["is_complete"], receipt["incomplete_reason"]) == (True, None)
        assert (receipt["account"], receipt["source"]) == (DOMAIN, "okta")
        assert receipt["rows"] == len(lines) > 0
        assert receipt["keys_sha256"] == hashlib.sha256(b"\n".join(lines)).hexdigest()
        assert receipt["started_at"] <= receipt["finished_at"]
        assert receipt["app_id"] == (FRESHWORKS_APP if name == "app_users" else None)
        assert (receipt["events_from"] is not None) == (name == "log_events")


def test_the_receipts_of_each_load_stay(loaded: Loaded) -> None:
    ids = [row["load_id"] for row in loaded.rows(f"select distinct load_id from {SCHEMA}.load_receipts")]
    assert sorted(ids) == [receipts[0]["load_id"] for receipts in loaded.receipts]
