"""The tap reads users and groups from a SCIM server that was not made for it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from freshsales_sandbox.app import SCIM_TOKEN
from tests.stock_server import stock_server
from tests.tap.running import run_tap

CORE = "urn:ietf:params:scim:schemas:core:2.0:"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PEOPLE = 25


class Stock:
    """A server with people and groups in it; `members` are pairs of group id and member id."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.users = [self._create("Users", self._user(number)) for number in range(PEOPLE)]
        crew = self._group("Crew", [{"value": user, "type": "User"} for user in self.users[:12]])
        everybody = self._group("Everybody", [{"value": crew, "type": "Group"}])
        self.groups = [crew, everybody, self._group("Nobody", [])]
        self.members = {(crew, user) for user in self.users[:12]} | {(everybody, crew)}

    def _user(self, number: int) -> dict[str, Any]:
        return {
            "schemas": [f"{CORE}User", ENTERPRISE],
            "userName": f"person.{number}@Acme.example",
            "active": number % 5 != 0,
            "emails": [{"value": f"person.{number}@acme.example", "primary": True}],
            ENTERPRISE: {"department": "Sales"},
        }

    def _group(self, name: str, members: list[dict[str, str]]) -> str:
        return self._create("Groups", {"schemas": [f"{CORE}Group"], "displayName": name, "members": members})

    def _create(self, path: str, body: dict[str, Any]) -> str:
        headers = {"Authorization": f"Bearer {SCIM_TOKEN}"}
        answer = requests.post(f"{self.url}/{path}", json=body, headers=headers, timeout=10)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


@pytest.fixture(scope="module")
def stock() -> Iterator[Stock]:
    with stock_server(SCIM_TOKEN) as url:
        yield Stock(url)


@pytest.mark.parametrize("in_flight", [1, 4])
def test_the_stock_server_is_read_whole(stock: Stock, in_flight: int, tmp_path: Path) -> None:
    config = {"domain": "acme", "scim_token": SCIM_TOKEN, "scim_api_url": stock.url, "page_size": 10}
    outcome = run_tap(config | {"max_in_flight": in_flight}, tmp_path)
    assert outcome.exit_code == 0, outcome.log
    assert sorted(outcome.keys("scim_users")) == sorted((user,) for user in stock.users)
    assert sorted(outcome.keys("scim_groups")) == sorted((group,) for group in stock.groups)
    assert set(outcome.keys("scim_group_members")) == stock.members
    assert outcome.receipt("scim_users")["is_complete"]
    assert outcome.receipt("scim_users")["inactive_records"] == PEOPLE // 5
    assert {user["department"] for user in outcome.records["scim_users"]} == {"Sales"}


def test_a_group_that_a_stock_server_shows_without_members_is_empty(stock: Stock, tmp_path: Path) -> None:
    config = {"domain": "acme", "scim_token": SCIM_TOKEN, "scim_api_url": stock.url}
    outcome = run_tap(config, tmp_path)
    groups = outcome.records["scim_groups"]
    place = next(place for place, group in enumerate(groups) if group["display_name"] == "Nobody")
    # Until a group with members has come, members might be left out everywhere: then the count is not known.
    are_told = any(group["member_count"] for group in groups[:place])
    assert groups[place]["member_count"] == (0 if are_told else None)
    assert outcome.receipt("scim_group_members")["is_complete"]
