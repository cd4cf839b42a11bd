"""The same basic cases against the sandbox and against the stock command of the library behind it.

What holds for both is what any reader of SCIM may count on; where they part, a client must take both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from freshsales_sandbox.app import SCIM_TOKEN, Sandbox
from tests.sandbox.asking import GROUP, JSON, PATCH_OP, USER
from tests.stock_server import stock_server


class Server:
    """A SCIM base URL and who may ask it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {SCIM_TOKEN}"

    def ask(
        self, path: str, method: str = "GET", body: JSON | None = None, **query: Any
    ) -> requests.Response:
        return self.session.request(method, self.url + path, json=body, params=query, timeout=10)

    def create(self, name: str) -> str:
        user = {"schemas": [USER], "userName": name, "active": True}
        created = self.ask("/Users", "POST", user)
        assert created.status_code == 201
        return str(created.json()["id"])


@pytest.fixture(scope="module")
def stock_url() -> Iterator[str]:
    with stock_server(SCIM_TOKEN) as url:
        yield url


@pytest.fixture(params=["sandbox", "stock"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param == "stock":
        server = Server(request.getfixturevalue("stock_url"))
        with server.session:
            yield server
        return
    with Sandbox(people=3, quota=None) as sandbox:
        server = Server(sandbox.config["scim_api_url"])
        with server.session:
            yield server


def test_created_users_are_listed_once_across_pages(server: Server) -> None:
    created = {server.create(f"pages.{number}@acme.example") for number in range(12)}
    first = server.ask("/Users", startIndex=1, count=5).json()
    read = [user["id"] for user in first["Resources"]]
    while len(read) < first["totalResults"]:
        page = server.ask("/Users", startIndex=len(read) + 1, count=5).json()
        assert page["totalResults"] == first["totalResults"]
        assert page["itemsPerPage"] == len(page["Resources"])
        read += [user["id"] for user in page["Resources"]]
    assert len(read) == len(set(read))
    assert created <= set(read)
    assert server.ask("/Users", startIndex=len(read) + 1, count=5).json().get("Resources", []) == []


def test_a_patch_deactivates_and_a_filter_finds_it(server: Server) -> None:
    user = server.create("gone@acme.example")
    operations = [{"op": "replace", "path": "active", "value": False}]
    patched = server.ask(f"/Users/{user}", "PATCH", {"schemas": [PATCH_OP], "Operations": operations})
    assert patched.status_code in {200, 204}
    found = server.ask("/Users", filter='userName eq "GONE@acme.example"').json()
    assert [(hit["id"], hit["active"]) for hit in found["Resources"]] == [(user, False)]


def test_a_filter_on_last_modified_is_honoured(server: Server) -> None:
    server.create("late@acme.example")
    everyone = server.ask("/Users", filter='meta.lastModified ge "2000-01-01T00:00:00Z"').json()[
        "totalResults"
    ]
    assert everyone == server.ask("/Users").json()["totalResults"] > 0
    assert (
        server.ask("/Users", filter='meta.lastModified ge "2999-01-01T00:00:00Z"').json()["totalResults"] == 0
    )


def test_a_deleted_user_is_404_with_a_scim_error(server: Server) -> None:
    user = server.create("short@acme.example")
    assert server.ask(f"/Users/{user}", "DELETE").status_code == 204
    error = server.ask(f"/Users/{user}")
    assert (error.status_code, str(error.json()["status"])) == (404, "404")


def test_a_group_names_its_members(server: Server) -> None:
    user = server.create("member@acme.example")
    body = {"schemas": [GROUP], "displayName": "Few", "members": [{"value": user}]}
    group = server.ask("/Groups", "POST", body).json()
    listed = {item["id"]: item for item in server.ask("/Groups", count=100).json()["Resources"]}
    assert [member["value"] for member in listed[group["id"]]["members"]] == [user]


def test_without_the_token_nothing_is_told(server: Server) -> None:
    refusal = requests.get(server.url + "/Users", timeout=10)
    assert refusal.status_code == 401
    assert "Resources" not in refusal.text


@pytest.mark.parametrize("query", [{"filter": "nonsense(("}, {"startIndex": "x"}, {"count": "many"}])
def test_a_query_that_makes_no_sense_is_400(server: Server, query: dict[str, str]) -> None:
    error = server.ask("/Users", "GET", None, **query)
    assert error.status_code == 400
    assert error.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
