"""What a receipt claims, by formulas that share nothing with the tap's, and what remembering costs."""

import hashlib
import io
import re
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from freshsales_sandbox.app import Sandbox
from tap_freshsales_users.reading.page import Page
from tap_freshsales_users.reading.receipt import MemberPopulation, new_sync_id, population_sha256
from tap_freshsales_users.reading.walk import Walk
from tap_freshsales_users.reading.walk_pages import PageWalk
from tap_freshsales_users.reading.walk_scim import ScimWalk
from tap_freshsales_users.records.schemas import load_schema
from tap_freshsales_users.singer.streams import TableStream
from tap_freshsales_users.tap import TapFreshsalesUsers
from tests.tap.running import Outcome, run_tap

# Ids may hold what joins them, and what joins their parts.
CHARACTERS = st.one_of(st.sampled_from("\n\t\r\\ab"), st.characters(exclude_categories=["Cs"]))
IDS = st.text(CHARACTERS, min_size=1, max_size=6)


def by_the_book(keys: list[str]) -> str:
    """As the design words it: keys as text, sorted by their UTF-8 bytes, joined by newlines."""
    return hashlib.sha256(b"\n".join(sorted(key.encode("utf-8") for key in keys))).hexdigest()


@given(st.lists(IDS, unique=True))
def test_the_population_is_that_of_the_book(keys: list[str]) -> None:
    assert population_sha256(keys) == by_the_book(keys)
    assert population_sha256(reversed(keys)) == by_the_book(keys)


@given(st.dictionaries(IDS, st.lists(IDS, unique=True, max_size=4), max_size=5))
@example({"a": ["b", "z"], "a\tm": ["c"]})  # whose lines lie between each other
def test_the_population_of_memberships_is_that_of_the_book(groups: dict[str, list[str]]) -> None:
    population = MemberPopulation()
    for group, members in groups.items():
        population.add(group, members)
    keys = [f"{group}\t{member}" for group, members in groups.items() for member in members]
    assert population.sha256() == by_the_book(keys)


def test_the_population_of_nobody_is_the_hash_of_nothing() -> None:
    assert population_sha256([]) == MemberPopulation().sha256() == hashlib.sha256(b"").hexdigest()


@given(st.lists(st.datetimes(datetime(1999, 1, 1), datetime(2100, 1, 1)), min_size=2, max_size=2))  # noqa: DTZ001
def test_sync_ids_sort_by_time_as_text(moments: list[datetime]) -> None:
    earlier, later = sorted(moment.replace(tzinfo=UTC) for moment in moments)
    later += timedelta(microseconds=1)
    ids = [new_sync_id(moment) for moment in (earlier, later)]
    assert ids[0] < ids[1]
    assert {len(one) for one in ids} == {30}


# -- of a run


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=40, quirks=("rest-meta", "rest-all-users"), quota=None) as sandbox:
        *_, leaver = sandbox.directory.owners()
        sandbox.directory.change(leaver, active=False)
        yield sandbox


@pytest.fixture
def outcome(sandbox: Sandbox, tmp_path: Path) -> Outcome:
    return run_tap({**sandbox.config, "page_size": 12}, tmp_path)


STREAMS = [
    "profile",
    "owners",
    "roles",
    "territories",
    "teams",
    "scim_users",
    "scim_groups",
    "scim_group_members",
]


@pytest.mark.parametrize("stream", STREAMS)
def test_a_receipt_vouches_for_the_rows_of_its_run(stream: str, outcome: Outcome) -> None:
    receipt = outcome.receipt(stream)
    keys = outcome.keys(stream)
    assert receipt["records"] == len(keys)
    assert receipt["population_sha256"] == by_the_book(["\t".join(map(str, key)) for key in keys])
    assert {record["sync_id"] for record in outcome.records[stream]} == {receipt["sync_id"]}
    assert {record["account"] for record in outcome.records[stream]} == {receipt["account"]}
    assert receipt["account"] == "acme.myfreshworks.com"
    assert receipt["is_complete"]
    assert receipt["incomplete_reason"] is None
    assert receipt["started_at"] <= receipt["finished_at"]
    assert receipt["read_as"] == outcome.records["profile"][0]["id"]


def test_receipts_say_what_the_claim_rests_on(outcome: Outcome) -> None:
    said = {
        name: (receipt["end_evidence"], receipt["consistency"], receipt["source_total"], receipt["passes"])
        for name in STREAMS
        for receipt in [outcome.receipt(name)]
    }
    counted = {name: len(outcome.records[name]) for name in STREAMS}
    assert said == {
        "profile": ("single_object", "single_page", None, 1),
        "owners": ("total_reached", "unchanging_total", counted["owners"], 1),
        "roles": ("total_reached", "single_page", counted["roles"], 1),
        # Ten of twelve may be where a server cuts: one question more shows that nothing follows.
        "territories": ("empty_page", "single_page", counted["territories"], 1),
        "teams": ("total_reached", "single_page", counted["teams"], 1),
        "scim_users": ("total_reached", "overlapping_pages", counted["scim_users"], 1),
        "scim_groups": ("total_reached", "overlapping_pages", counted["scim_groups"], 1),
        "scim_group_members": ("derived", "overlapping_pages", None, 1),
    }


def test_receipts_count_who_is_inactive_where_there_is_such_a_flag(outcome: Outcome) -> None:
    flags = {"profile": "is_active", "owners": "is_active", "scim_users": "active"}
    for name in STREAMS:
        inactive = outcome.receipt(name)["inactive_records"]
        if name in flags:
            assert inactive == sum(record[flags[name]] is False for record in outcome.records[name])
        else:
            assert inactive is None
    assert outcome.receipt("scim_users")["inactive_records"] > 0
    assert outcome.receipt("owners")["inactive_records"] > 0


def test_receipts_name_the_request_without_host_or_secret(outcome: Outcome) -> None:
    assert {name: outcome.receipt(name)["request"] for name in STREAMS} == {
        "profile": "/settings/profile",
        "owners": "/selector/owners?page=1&per_page=12",
        "roles": "/selector/roles?page=1&per_page=12",
        "territories": "/selector/territories?page=1&per_page=12",
        "teams": "/selector/teams?page=1&per_page=12",
        "scim_users": "/Users?startIndex=1&count=12",
        "scim_groups": "/Groups?startIndex=1&count=12",
        "scim_group_members": None,
    }


@pytest.mark.parametrize("in_flight", [1, 4])
def test_receipts_count_every_request_that_was_sent(in_flight: int, tmp_path: Path) -> None:
    faults = ("503@scim_users:2x2", "empty-body@owners:1x1")
    with Sandbox(people=40, faults=faults, quota=None) as sandbox:
        outcome = run_tap({**sandbox.config, "page_size": 12, "max_in_flight": in_flight}, tmp_path)
    paths = {"scim_users": "/Users", "scim_groups": "/Groups"}
    for name in STREAMS[:-1]:
        sent = sum(asked.path.endswith(paths.get(name, "/" + name)) for asked in sandbox.requests)
        assert outcome.receipt(name)["api_requests"] == sent > 0
    assert outcome.receipt("scim_group_members")["api_requests"] == 0


def test_every_receipt_has_the_columns_of_its_schema(outcome: Outcome) -> None:
    columns = list(load_schema("sync_receipts")["properties"])
    assert all(list(record) == columns for record in outcome.records["sync_receipts"])
    assert [record["stream"] for record in outcome.records["sync_receipts"]] == STREAMS


def test_receipts_come_last(outcome: Outcome) -> None:
    streams = [m["stream"] for m in outcome.messages if m["type"] == "RECORD"]
    assert streams[-len(STREAMS) :] == ["sync_receipts"] * len(STREAMS)


def test_each_run_has_an_id_of_its_own(sandbox: Sandbox, tmp_path: Path) -> None:
    ids = [run_tap(sandbox.config, tmp_path).receipt("roles")["sync_id"] for _ in range(3)]
    assert ids == sorted(set(ids))
    assert all(re.fullmatch(r"\d{8}T\d{12}-[0-9a-f]{8}", one) for one in ids)


# -- memory

PEOPLE = 100_000
PAGE = 100
MOST_BYTES_A_RECORD = 200


def ids(first: int, last: int) -> list[str]:
    """Of 36 characters, as Freshworks' are; each text is made anew, as by a JSON parser."""
    return [f"{number:08x}-0000-4000-8000-{number:012x}" for number in range(first, last)]


def walk_to_the_end(walk: Walk) -> None:
    while (ask := walk.next_ask()) is not None:
        if "page" in ask.params:
            first = (int(ask.params["page"]) - 1) * PAGE
        else:
            first = int(ask.params["startIndex"]) - 1
        walk.feed(ask, Page(ids(first, min(first + PAGE, PEOPLE)), PEOPLE))


@pytest.mark.parametrize("kind", [ScimWalk, PageWalk])
def test_a_walk_remembers_a_record_in_two_hundred_bytes(kind: type[ScimWalk | PageWalk]) -> None:
    tracemalloc.start()
    try:
        walk = kind(PAGE)
        walk_to_the_end(walk)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert walk.end is not None
    assert walk.end.is_complete
    assert len(walk.met) == PEOPLE
    assert most / PEOPLE <= MOST_BYTES_A_RECORD


def test_300000_memberships_are_remembered_by_their_ids_alone() -> None:
    memberships, size = 300_000, 1000
    tracemalloc.start()
    try:
        population = MemberPopulation()
        for first in range(0, memberships, size):
            population.add(f"group-{first}", ids(first, first + size))
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held / memberships <= 40  # 36 characters, and a share of the rest
    assert most / memberships <= 60


def test_memberships_go_out_as_their_groups_pass(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.TextIOWrapper(io.BufferedWriter(Nothing()))
    monkeypatch.setattr(sys, "stdout", written)
    tap = TapFreshsalesUsers(config=sandbox.config)
    stream = tap.streams["scim_group_members"]
    assert isinstance(stream, TableStream)
    stream.open()
    held = []
    size, groups = 1000, 60
    tracemalloc.start()
    try:
        for number in range(groups):
            members = [{"value": one} for one in ids(number * size, (number + 1) * size)]
            group = {"id": f"group-{number}", "displayName": "Everyone", "members": members}
            stream.write(stream.rows.take([group]))
            del group, members
            tap.message_writer.flush()
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert stream.rows.counts.records == groups * size
    growth = held[-1] - held[groups // 3]
    assert growth / (size * (groups - groups // 3)) <= 60


class Nothing(io.RawIOBase):
    """Takes everything, and keeps nothing."""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return len(data)
