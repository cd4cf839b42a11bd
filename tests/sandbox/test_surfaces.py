"""Both APIs over real HTTP, as their documentation has them."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import urllib3

from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.records import RECORD_TYPES, UNOWNED, owners_of
from tests.sandbox.asking import ENTERPRISE, GROUP, USER, Client

OWNER_FIELDS = {
    *("id", "email", "first_name", "last_name", "display_name", "phone", "mobile", "role_id", "territory_id"),
    *("is_active", "time_zone", "language", "created_at", "updated_at", "name"),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A company that no test of this module changes."""
    with Sandbox(people=250) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    with Client(sandbox) as client:
        yield client


@pytest.fixture
def changing() -> Iterator[tuple[Sandbox, Client]]:
    with Sandbox(people=40, seed=3) as sandbox, Client(sandbox) as client:
        yield sandbox, client


# REST


def test_a_search_counts_the_records_of_an_owner_and_brings_a_page(sandbox: Sandbox, client: Client) -> None:
    for record_type, records in RECORD_TYPES.items():
        counts = owners_of(sandbox.directory, record_type)
        for owner_id in (*list(counts)[:3], 1):
            found = client.search(record_type, owner_id).json()
            total = counts.get(owner_id, 0)
            assert found["meta"] == {"total_pages": -(-total // 25), "total": total}
            assert [record["owner_id"] for record in found[records]] == [owner_id] * min(total, 25)
        assert client.search(record_type).json()["meta"]["total"] == sum(counts.values()) + UNOWNED


def test_a_search_is_a_post_with_a_filter_that_is_understood(client: Client) -> None:
    assert client.rest("filtered_search/contact").status_code == 405
    assert client.search("lead").status_code == 405
    wrong = client.session.post(
        f"{client.rest_url}/filtered_search/contact",
        json={"filter_rule": [{"attribute": "colour", "operator": "is_in", "value": [1]}]},
        headers={"Authorization": f"Token token={client.api_key}"},
        timeout=10,
    )
    assert wrong.status_code == 400


def test_owners_have_the_fields_of_the_documentation_and_are_all_active(client: Client) -> None:
    owners = client.rest_list("selector/owners", "users")
    assert all(set(owner) == OWNER_FIELDS and owner["is_active"] for owner in owners)
    assert all(re.fullmatch(r"[\d-]+T[\d:]+-06:00", owner["created_at"]) for owner in owners)


def test_all_pages_together_are_the_list_whatever_their_size(sandbox: Sandbox, client: Client) -> None:
    for size in (7, 100):
        owners = client.rest_list("selector/owners", "users", size)
        assert [str(owner["id"]) for owner in owners] == sandbox.directory.ids("owners")


def test_a_page_holds_25_records_unless_asked_and_never_more_than_100(client: Client) -> None:
    assert len(client.rest("selector/owners").json()["users"]) == 25
    assert len(client.rest("selector/owners", per_page=1000).json()["users"]) == 100
    assert len(client.rest("selector/owners", page="x", per_page="y").json()["users"]) == 25


def test_roles_territories_teams_and_the_profile_are_there(sandbox: Sandbox, client: Client) -> None:
    directory = sandbox.directory
    assert client.rest("selector/roles").json() == {
        "roles": [{"id": role.id, "name": role.name} for role in directory.roles]
    }
    assert client.rest("selector/territories").json()["territories"][0] == {
        "id": directory.territories[0].id,
        "name": directory.territories[0].name,
        "position": 1,
    }
    assert client.rest("selector/teams").json()["teams"][0] == {
        "id": directory.teams[0].id,
        "name": directory.teams[0].name,
    }
    assert directory.key_owner is not None
    assert client.rest("settings/profile").json()["user"]["id"] == directory.key_owner.crm_id


@pytest.mark.parametrize(
    "authorization",
    ["Token token={key}", "Basic {key}:anything", "Basic X-API-KEY:{key}"],
)
def test_the_key_is_taken_in_each_documented_form(sandbox: Sandbox, authorization: str) -> None:
    scheme, _, rest = authorization.format(key=sandbox.config["api_key"]).partition(" ")
    credential = base64.b64encode(rest.encode()).decode() if scheme == "Basic" else rest
    response = requests.get(
        sandbox.config["rest_api_url"] + "/selector/roles",
        headers={"Authorization": f"{scheme} {credential}"},
        timeout=10,
    )
    assert response.status_code == 200


def test_a_wrong_key_and_a_wrong_token_are_refused(sandbox: Sandbox) -> None:
    with Client(sandbox, api_key="wrong", scim_token="wrong") as client:
        assert client.rest("selector/owners").status_code == 401
        refusal = client.scim("Users")
        assert (refusal.status_code, refusal.json()["status"]) == (401, "401")


def test_what_is_not_there_is_404_and_rest_takes_only_get(client: Client) -> None:
    assert client.rest("selector/campaigns").status_code == 404
    assert client.scim("Devices").status_code == 404
    assert client.scim("Users/nobody").status_code == 404
    headers = {"Authorization": f"Token token={client.api_key}"}
    post = client.session.post(f"{client.rest_url}/selector/owners", headers=headers, timeout=10)
    assert post.status_code == 405


# SCIM


def test_all_scim_pages_together_are_the_list_inactive_people_included(
    sandbox: Sandbox, client: Client
) -> None:
    for size in (7, 100):
        users = client.scim_list("Users", size)
        assert [user["id"] for user in users] == sandbox.directory.ids("scim_users")
    assert {user["active"] for user in users} == {True, False}
    groups = client.scim_list("Groups")
    assert [group["id"] for group in groups] == sandbox.directory.ids("scim_groups")


def test_a_list_page_and_the_same_resource_alone_are_equal(client: Client) -> None:
    """The quick way of a list page and the library's own way must not come apart."""
    for user in client.scim("Users", count=60).json()["Resources"]:
        assert client.scim(f"Users/{user['id']}").json() == user
    for group in client.scim("Groups", count=60).json()["Resources"]:
        # In a list an empty group says that it is; the library leaves an empty attribute out.
        assert {"members": []} | client.scim(f"Groups/{group['id']}").json() == group


def test_a_list_response_tells_total_place_and_size(sandbox: Sandbox, client: Client) -> None:
    body = client.scim("Users", startIndex=11, count=30).json()
    total = len(sandbox.directory.users())
    assert (body["totalResults"], body["startIndex"], body["itemsPerPage"]) == (total, 11, 30)
    assert client.scim("Users", startIndex=total + 1).json()["Resources"] == []
    assert len(client.scim("Users").json()["Resources"]) == 25
    assert len(client.scim("Users", count=1000).json()["Resources"]) == 100


def test_filter_sort_and_attributes_work_as_the_library_has_them(sandbox: Sandbox, client: Client) -> None:
    directory = sandbox.directory
    inactive = client.scim("Users", filter="active eq false", count=100).json()
    assert {user["id"] for user in inactive["Resources"]} == {
        person.scim_id for person in directory.users() if not person.active
    }
    names = [
        user["userName"]
        for user in client.scim("Users", sortBy="userName", sortOrder="descending", count=9).json()[
            "Resources"
        ]
    ]
    assert names == sorted((person.user_name for person in directory.users()), reverse=True)[:9]
    pages = [
        client.scim("Users", sortBy="externalId", count=100, startIndex=start).json()
        for start in (1, 101, 201)
    ]
    external_ids = [user.get("externalId") for page in pages for user in page["Resources"]]
    assert external_ids == sorted(external_ids, key=lambda value: (value is None, value or ""))
    assert external_ids[-1] is None
    only = client.scim("Users", attributes="userName", count=1).json()["Resources"][0]
    assert "userName" in only
    assert "emails" not in only
    assert client.scim("Users", filter="nonsense((").status_code == 400


def test_the_service_describes_itself(client: Client) -> None:
    config = client.scim("ServiceProviderConfig").json()
    assert config["patch"]["supported"]
    assert config["filter"] == {"supported": True, "maxResults": 100}
    assert {kind["name"] for kind in client.scim("ResourceTypes").json()["Resources"]} == {"User", "Group"}
    assert client.scim("Schemas").status_code == 200


def test_a_created_user_gets_a_seat_in_the_crm(changing: tuple[Sandbox, Client]) -> None:
    _, client = changing
    new = {
        "schemas": [USER, ENTERPRISE],
        "userName": "Jane@Acme.example",
        "name": {"givenName": "Jane", "familyName": "Doe", "honorificPrefix": "Dr"},
        "nickName": "JD",
        "emails": [{"value": "home@jane.example"}, {"value": "Jane@Acme.example", "primary": True}],
        ENTERPRISE: {"department": "Sales", "manager": {"value": "someone"}},
    }
    created = client.scim("Users", "POST", new)
    assert created.status_code == 201
    user = client.scim(f"Users/{created.json()['id']}").json()
    assert user["name"]["honorificPrefix"] == "Dr"
    assert user["nickName"] == "JD"
    assert user[ENTERPRISE]["department"] == "Sales"
    assert [email["value"] for email in user["emails"]] == ["Jane@Acme.example", "home@jane.example"]
    owner = client.rest_list("selector/owners", "users")[-1]
    assert (owner["email"], owner["first_name"]) == ("Jane@Acme.example", "Jane")
    again = client.scim("Users", "POST", new | {"userName": "JANE@acme.example"})
    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")


def test_a_deactivated_user_leaves_the_owners_and_stays_in_scim(changing: tuple[Sandbox, Client]) -> None:
    sandbox, client = changing
    person = sandbox.directory.owners()[5]
    assert client.patch(f"Users/{person.scim_id}", active=False).status_code in {200, 204}
    assert client.scim(f"Users/{person.scim_id}").json()["active"] is False
    assert person.crm_id not in [owner["id"] for owner in client.rest_list("selector/owners", "users")]


def test_a_deleted_user_is_gone_from_both_sides_and_from_groups(changing: tuple[Sandbox, Client]) -> None:
    sandbox, client = changing
    person = next(
        person for person in sandbox.directory.owners() if sandbox.directory.groups_of(person.scim_id)
    )
    assert client.scim(f"Users/{person.scim_id}", "DELETE").status_code == 204
    assert client.scim(f"Users/{person.scim_id}").status_code == 404
    assert person.crm_id not in [owner["id"] for owner in client.rest_list("selector/owners", "users")]
    members = [member["value"] for group in client.scim_list("Groups") for member in group["members"]]
    assert person.scim_id not in members


def test_put_replaces_a_user_whole_and_moves_its_version(changing: tuple[Sandbox, Client]) -> None:
    sandbox, client = changing
    person = sandbox.directory.users()[4]
    before = client.scim(f"Users/{person.scim_id}").json()
    body = {"schemas": [USER], "userName": before["userName"], "active": True, "displayName": "Someone Else"}
    after = client.scim(f"Users/{person.scim_id}", "PUT", body).json()
    assert after["displayName"] == "Someone Else"
    assert "title" not in after
    assert after["meta"]["lastModified"] > before["meta"]["lastModified"]
    assert after["meta"]["version"] != before["meta"]["version"]


def test_a_new_address_and_a_new_name_reach_the_crm(changing: tuple[Sandbox, Client]) -> None:
    sandbox, client = changing
    person = sandbox.directory.owners()[4]
    emails = [{"value": "new@acme.example", "primary": True}]
    client.patch(f"Users/{person.scim_id}", emails=emails, displayName="New Name")
    owner = next(
        owner for owner in client.rest_list("selector/owners", "users") if owner["id"] == person.crm_id
    )
    assert (owner["email"], owner["display_name"]) == ("new@acme.example", "New Name")


def test_groups_are_created_changed_and_deleted(changing: tuple[Sandbox, Client]) -> None:
    sandbox, client = changing
    person = sandbox.directory.users()[4]
    new = {"schemas": [GROUP], "displayName": "Task Force", "members": [{"value": person.scim_id}]}
    group = client.scim("Groups", "POST", new).json()
    assert group["members"][0]["display"] == person.display_name
    user = client.scim(f"Users/{person.scim_id}").json()
    assert group["id"] in [membership["value"] for membership in user["groups"]]
    client.patch(f"Groups/{group['id']}", displayName="Task Force 2", members=[])
    changed = client.scim(f"Groups/{group['id']}").json()
    assert (changed["displayName"], changed.get("members", [])) == ("Task Force 2", [])
    unknown = client.scim("Groups", "POST", new | {"members": [{"value": "nobody"}]})
    assert (unknown.status_code, unknown.json()["scimType"]) == (400, "invalidValue")
    assert client.scim(f"Groups/{group['id']}", "DELETE").status_code == 204
    assert group["id"] not in sandbox.directory.ids("scim_groups")


# The server


def test_requests_are_kept_in_order_with_their_status(sandbox: Sandbox, client: Client) -> None:
    client.rest("selector/owners", page=2)
    client.scim("Users/nobody")
    assert sandbox.requests[-2:] == [
        ("GET", "/crm/sales/api/selector/owners", "page=2", 200),
        ("GET", "/scim/v2/Users/nobody", "", 404),
    ]


def test_a_connection_is_kept_alive(sandbox: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {sandbox.config['scim_token']}"}
    with urllib3.HTTPConnectionPool("127.0.0.1", sandbox.port, headers=headers) as pool:
        for _ in range(5):
            assert pool.request("GET", "/scim/v2/Users").status == 200
        assert (pool.num_requests, pool.num_connections) == (5, 1)


def test_it_stops_with_no_thread_left_and_its_port_free(recwarn: pytest.WarningsRecorder) -> None:
    before = threading.active_count()
    with Sandbox(people=10) as first, Client(first) as client:
        assert client.rest("selector/roles").status_code == 200
        port = first.port
    with Sandbox(people=10, port=port) as second:
        assert second.port == port
    assert threading.active_count() == before
    assert not recwarn.list


def test_many_clients_are_answered_at_once(sandbox: Sandbox) -> None:
    def read(_: int) -> list[str]:
        with Client(sandbox) as client:
            return [user["id"] for user in client.scim_list("Users", 50)]

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(read, range(16)))
    assert all(result == sandbox.directory.ids("scim_users") for result in results)


def test_ten_thousand_people_are_read_whole() -> None:
    with Sandbox(people=10_000) as sandbox, Client(sandbox) as client:
        assert [user["id"] for user in client.scim_list("Users")] == sandbox.directory.ids("scim_users")
        owners = client.rest_list("selector/owners", "users")
        assert [str(owner["id"]) for owner in owners] == sandbox.directory.ids("owners")
