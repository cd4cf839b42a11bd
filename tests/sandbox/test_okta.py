"""The played identity provider: it answers as Okta's documentation says, and its people follow the diary."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
from okta.models import AppUser, LogEvent, User, UserStatus

from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.okta.api import API_TOKEN
from freshsales_sandbox.okta.roster import HEADER, roster_of
from freshsales_sandbox.okta.tenant import FRESHWORKS_APP, LEFT, OTHER_APP, SERVICE_LOGIN, Tenant

EVERYBODY = 'status eq "DEPROVISIONED" or lastUpdated gt "1970-01-01T00:00:00.000Z"'
JSON = dict[str, Any]


class Okta:
    """A plain client that follows the links."""

    def __init__(self, sandbox: Sandbox, token: str = API_TOKEN) -> None:
        self.url = f"http://127.0.0.1:{sandbox.port}/api/v1"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"SSWS {token}"

    def get(self, path: str, **query: str | int) -> requests.Response:
        return self.session.get(f"{self.url}{path}", params=query, timeout=10)

    def all(self, path: str, **query: str | int) -> list[JSON]:
        response = self.get(path, **query)
        records: list[JSON] = response.json()
        while "next" in response.links:
            response = self.session.get(response.links["next"]["url"], timeout=10)
            records += response.json()
        return records


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Sixty days in the life of a company; nothing that is asked changes it."""
    with Sandbox(people=200, seed=7, okta_quota=None) as running:
        running.play(60)
        yield running


@pytest.fixture(scope="module")
def okta(sandbox: Sandbox) -> Iterator[Okta]:
    client = Okta(sandbox)
    yield client
    client.session.close()


@pytest.fixture(scope="module")
def tenant(sandbox: Sandbox) -> Tenant:
    return sandbox.okta.tenant


@pytest.fixture(scope="module")
def log(okta: Okta, tenant: Tenant) -> list[JSON]:
    until = tenant.now() + timedelta(days=1)
    return okta.all("/logs", since="2025-10-01T00:00:00Z", until=until.isoformat(), limit=1000)


def test_pages_linked_by_header_hold_everybody_once(okta: Okta, tenant: Tenant) -> None:
    ids = [user["id"] for user in okta.all("/users", filter=EVERYBODY, limit=7)]
    assert len(ids) == len(set(ids))
    assert set(ids) == set(tenant.users)


def test_the_deprovisioned_are_hidden_unless_a_filter_asks(okta: Okta, tenant: Tenant) -> None:
    left = {user.id for user in tenant.users.values() if user.status == LEFT}
    assert left
    assert {user["id"] for user in okta.all("/users")} == set(tenant.users) - left
    for parameter in ("filter", "search"):
        found = okta.all("/users", **{parameter: f'status eq "{LEFT}"'})
        assert {user["id"] for user in found} == left


def test_every_status_that_okta_has_is_met(okta: Okta) -> None:
    assert {user["status"] for user in okta.all("/users", filter=EVERYBODY)} == {
        status.value for status in UserStatus
    }


def test_credentials_are_left_out_where_the_client_asks(okta: Okta) -> None:
    lean = {"Content-Type": "application/json; okta-response=omitCredentials"}
    users = okta.session.get(f"{okta.url}/users", headers=lean, timeout=10).json()
    assert not any("credentials" in user for user in users)
    assert all("recovery_question" in user["credentials"] for user in okta.get("/users").json())


def test_an_app_lists_its_own_users_alone(okta: Okta, tenant: Tenant) -> None:
    for app_id in (FRESHWORKS_APP, OTHER_APP):
        found = okta.all(f"/apps/{app_id}/users", limit=9)
        assert {user["id"] for user in found} == {item.user.id for item in tenant.assigned(app_id)}
    provisioned = okta.all(f"/apps/{FRESHWORKS_APP}/users")
    scim_ids = {person.scim_id for person in tenant.directory.users() if person.active}
    assert {user["externalId"] for user in provisioned} - {None} <= scim_ids


def test_a_log_query_with_an_end_ends_and_one_without_goes_on(okta: Okta, tenant: Tenant) -> None:
    until = tenant.now().isoformat()
    last = okta.get("/logs", until=until, limit=1000, filter='eventType eq "user.lifecycle.suspend"')
    assert (last.json(), "next" in last.links) == ([], False)
    polled = okta.get("/logs", since=until, limit=1000)
    assert polled.json() == []
    again = okta.session.get(polled.links["next"]["url"], timeout=10)
    assert again.links["next"]["url"] == again.links["self"]["url"]


def test_the_log_is_filtered_by_type_result_and_target(okta: Okta, log: list[JSON]) -> None:
    failed = (
        'eventType eq "application.provision.user.deactivate" and outcome.result eq "FAILURE" '
        f'and target.id eq "{FRESHWORKS_APP}"'
    )
    found = okta.all("/logs", since=log[0]["published"], filter=failed, until="2026-12-01T00:00:00Z")
    assert found == [event for event in log if event["outcome"]["result"] == "FAILURE"]
    assert found
    other = okta.all(
        "/logs", until="2026-12-01T00:00:00Z", filter=f'target.id eq "{OTHER_APP}" and not (version pr)'
    )
    assert other == []


def test_nothing_older_than_ninety_days_is_in_the_log(log: list[JSON], tenant: Tenant) -> None:
    oldest = min(event.at for event in tenant.events)
    assert oldest < tenant.now() - timedelta(days=90)
    assert log[0]["published"] >= (tenant.now() - timedelta(days=91)).isoformat()


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("/apps/0oa0nobody/users", {}, 404, "E0000007"),
        ("/users", {"filter": "status is active"}, 400, "E0000031"),
        ("/logs", {"since": "yesterday"}, 400, "E0000001"),
        ("/groups", {}, 404, "E0000022"),
    ],
)
def test_errors_have_oktas_codes(
    okta: Okta, path: str, query: dict[str, str], status: int, code: str
) -> None:
    response = okta.get(path, **query)
    assert (response.status_code, response.json()["errorCode"]) == (status, code)


def test_another_token_and_another_method_are_refused(sandbox: Sandbox, okta: Okta) -> None:
    stranger = Okta(sandbox, "another-token")
    response = stranger.get("/users")
    stranger.session.close()
    assert (response.status_code, response.json()["errorCode"]) == (401, "E0000011")
    assert okta.session.post(f"{okta.url}/users", json={}, timeout=10).status_code == 405


def test_each_kind_of_resource_has_a_rate_limit_of_its_own() -> None:
    with Sandbox(people=20, seed=7, okta_quota="2/h") as sandbox:
        okta = Okta(sandbox)
        left = [okta.get("/users").headers["X-Rate-Limit-Remaining"] for _ in range(2)]
        refused, other = okta.get("/users"), okta.get(f"/apps/{FRESHWORKS_APP}/users")
        okta.session.close()
    assert left == ["1", "0"]
    assert (refused.status_code, refused.json()["errorCode"]) == (429, "E0000047")
    assert int(refused.headers["X-Rate-Limit-Reset"]) > 0
    assert other.status_code == 200


def test_oktas_own_models_accept_every_record(okta: Okta, log: list[JSON]) -> None:
    users = okta.all("/users", filter=EVERYBODY)
    app_users = okta.all(f"/apps/{FRESHWORKS_APP}/users")
    kinds: list[tuple[Any, list[JSON]]] = [(User, users), (AppUser, app_users), (LogEvent, log)]
    for model, records in kinds:
        known = {field.alias or name for name, field in model.model_fields.items()}
        assert records
        for record in records:
            assert model.from_dict(record) is not None
            assert record.keys() <= known


def test_whom_the_diary_lets_leave_is_deprovisioned_with_a_push(sandbox: Sandbox, tenant: Tenant) -> None:
    turns = {
        entry.scim_id: entry
        for entry in sandbox.diary.entries
        if (entry.kind, entry.what) in {("leave", "active"), ("leave", "account"), ("rehire", "active")}
    }
    people = {user.person.scim_id: user for user in tenant.users.values() if user.person.scim_id}
    assert turns
    for scim_id, entry in turns.items():
        user = people[scim_id]
        is_assigned = (FRESHWORKS_APP, user.id) in tenant.assignments
        if user not in tenant.failed_pushes:
            assert (user.status == LEFT) == (entry.kind == "leave")
        assert is_assigned == (user.status != LEFT)
        if user.status == LEFT:
            pushes = [event for event in tenant.events if event.user is user and "provision" in event.type]
            assert pushes[-1].result == "SUCCESS"
            assert pushes[-1].at >= entry.at


def test_a_failed_push_leaves_the_account_in_freshsales(sandbox: Sandbox, tenant: Tenant) -> None:
    ended = {entry.scim_id for entry in sandbox.diary.entries if entry.kind == "leave"}
    assert len(tenant.failed_pushes) == 4
    for user in tenant.failed_pushes:
        assert user.status == LEFT
        assert user.person.scim_id in ended or (user.person.active and user.person.is_owner)


def test_a_push_that_works_in_the_end_is_told_as_a_push_alone() -> None:
    sandbox = Sandbox(people=60, seed=7)
    sandbox.play(6)
    (user,) = sandbox.okta.tenant.failed_pushes
    entry = sandbox.diary.entries[0]
    sandbox.okta.tenant.follow(user.person, replace(entry, kind="leave", what="active"))
    own = [event for event in sandbox.okta.tenant.events if event.user is user and not event.is_own_deed]
    assert [(event.type.rpartition(".")[2], event.result) for event in own[-4:]] == [
        ("deactivate", "SUCCESS"),
        ("remove", "SUCCESS"),
        ("deactivate", "FAILURE"),
        ("deactivate", "SUCCESS"),
    ]


def test_an_event_of_an_app_names_the_app_and_the_user(log: list[JSON], tenant: Tenant) -> None:
    users = {event.id: event.user.id for event in tenant.events}
    for event in log:
        targets = {target["type"]: target["id"] for target in event["target"] or []}
        is_of_app = event["eventType"].startswith("application.") or event["eventType"].endswith(".sso")
        assert targets.get("AppInstance") == (FRESHWORKS_APP if is_of_app else None) or (
            targets["AppInstance"] == OTHER_APP
        )
        assert users[event["uuid"]] in {event["actor"]["id"], targets.get("User")}


def test_a_handed_address_is_that_of_a_new_user_and_of_an_old_account(tenant: Tenant) -> None:
    assert tenant.handed_addresses
    for former, heir in tenant.handed_addresses:
        assert heir.login == former.person.email
        assert former.login != heir.login
        assert heir.person.scim_id is None


def test_the_service_account_is_assigned_and_has_no_account_here(tenant: Tenant) -> None:
    (service,) = [item for item in tenant.assigned(FRESHWORKS_APP) if item.user.login == SERVICE_LOGIN]
    assert (service.external_id, service.user.person.scim_id) == (None, None)


def test_the_same_seed_plays_the_same_tenant(tenant: Tenant) -> None:
    again = Sandbox(people=200, seed=7)
    for days in (1, 19, 40):
        again.play(days)
    assert [(event.id, event.at, event.type) for event in again.okta.tenant.events] == [
        (event.id, event.at, event.type) for event in tenant.events
    ]


def test_the_tenant_does_not_change_what_the_diary_writes() -> None:
    with_tenant, alone = Sandbox(people=100, seed=3), Sandbox(people=100, seed=3)
    assert with_tenant.play(40) == alone.diary.play(40)


def test_the_roster_disagrees_with_the_tenant_where_it_says_so(tenant: Tenant) -> None:
    roster = roster_of(tenant)
    rows = {row["email"]: row for row in csv.DictReader(roster.csv().splitlines())}
    today = tenant.now().date().isoformat()
    assert next(iter(rows.values())).keys() == set(HEADER)
    assert tenant.users[roster.unknown_to_hr].login not in rows
    assert rows[tenant.users[roster.leaves_later].login]["left_on"] > today
    for user in tenant.users.values():
        if user.login in rows and user.id != roster.leaves_later:
            has_left = rows[user.login]["left_on"] != ""
            assert has_left == (user.status == LEFT or user.id == roster.left_for_hr_alone)
