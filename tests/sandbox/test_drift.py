"""People come and go at the request that a drift names, and what is true afterwards can be read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.drift import DRIFTS
from tests.sandbox.asking import Client

PEOPLE = 40

Order = list[str]
Check = Callable[[Order, Order], bool]

# What each does to the order of a list whose first stays, as the key that reads is theirs.
CHECKS: dict[str, Check] = {
    "join": lambda before, after: after[:-1] == before,
    "join-middle": lambda before, after: (
        [i for i in after if i in before] == before and after[-1] == before[-1]
    ),
    "join-first": lambda before, after: after[1:] == before,
    "leave": lambda before, after: after == before[:1] + before[2:],
    "leave-last": lambda before, after: after == before[:-1],
    "swap": lambda before, after: after[:-1] == before[:1] + before[2:],
    "swap-back": lambda before, after: after[1:] == before[:-1],
    "reorder": lambda before, after: after != before and sorted(after) == sorted(before),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_a_drift_happens_before_the_second_request_of_its_list(name: str) -> None:
    with Sandbox(people=PEOPLE, drift=f"{name}@2") as sandbox, Client(sandbox) as client:
        before = sandbox.directory.ids("scim_users")
        client.rest("selector/owners")
        client.scim("Groups")
        read = [
            [user["id"] for user in client.scim("Users", count=100).json()["Resources"]] for _ in range(3)
        ]
        assert read[0] == before
        assert CHECKS[name](before, read[1])
        assert read[2] == read[1] == sandbox.directory.ids("scim_users")


@pytest.mark.parametrize("name", DRIFTS)
def test_a_drift_of_owners_is_seen_by_rest(name: str) -> None:
    with Sandbox(people=PEOPLE, drift=f"{name}@owners:2") as sandbox, Client(sandbox) as client:
        before, after = (
            [str(o["id"]) for o in client.rest("selector/owners", per_page=100).json()["users"]] for _ in "12"
        )
        assert after == sandbox.directory.ids("owners")
        assert (set(after) != set(before)) == (name != "reorder")
        assert (len(after) == len(before)) == (name in {"swap", "swap-back", "reorder"})


@pytest.mark.parametrize("name", DRIFTS)
def test_a_drift_of_groups_is_seen_by_scim(name: str) -> None:
    with Sandbox(people=PEOPLE, drift=f"{name}@scim_groups:2") as sandbox, Client(sandbox) as client:
        before, after = (
            [g["id"] for g in client.scim("Groups", count=100).json()["Resources"]] for _ in "12"
        )
        assert after == sandbox.directory.ids("scim_groups") != before


def test_a_drift_may_go_on_and_the_truth_is_what_stayed() -> None:
    with Sandbox(people=PEOPLE, drift="swap@2x3") as sandbox, Client(sandbox) as client:
        before = set(sandbox.directory.ids("scim_users"))
        for _ in range(6):
            client.scim("Users")
        directory = sandbox.directory
        assert len(directory.users()) == len(before)
        assert len(directory.present_throughout("scim_users")) == len(before) - 3
        assert directory.present_throughout("scim_users") < before
        assert len(directory.present_sometime("scim_users")) == len(before) + 3
        assert len([arrival for arrival in directory.arrivals if arrival.list == "owners"]) == 6


def test_a_swap_between_pages_hides_a_person_from_a_naive_reader() -> None:
    with Sandbox(people=PEOPLE, drift="swap@3") as sandbox, Client(sandbox) as client:
        pages = [client.scim("Users", startIndex=start, count=10).json() for start in (1, 11, 21, 31)]
        read = {user["id"] for page in pages for user in page["Resources"]}
        assert len({page["totalResults"] for page in pages}) == 1
        assert sandbox.directory.present_throughout("scim_users") - read


@pytest.mark.parametrize("entry", ["quit@2", "swap@roles:2", "swap", "swap@0", "swap@scim_users:2x-1"])
def test_a_drift_that_cannot_be_read_is_a_sentence(entry: str) -> None:
    with pytest.raises(ValueError, match=f"'{entry}' "):
        Sandbox(people=1, drift=entry)


def test_a_company_of_one_drifts_without_losing_the_key_that_reads() -> None:
    with Sandbox(people=1, drift="leave@1x*") as sandbox, Client(sandbox) as client:
        assert client.scim("Users").json()["totalResults"] == 1
        assert client.rest("settings/profile").status_code == 200
