"""Incremental scim_users: what a filter may be answered with, and what becomes of the bookmark."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.resources import utc_time
from tests.tap.running import Message, Outcome, run_tap
from tests.tap.selecting import discover, incremental, select
from tests.tap.truth import truth_of

PEOPLE = 48
SETTINGS = {"page_size": 10, "max_attempts": 3}
LATER = "2099-01-01T00:00:00Z"
CHANGED = 13


@pytest.fixture
def catalog(tmp_path: Path) -> Message:
    return discover({"domain": "acme"}, tmp_path, incremental)


def bookmark(value: str) -> Message:
    return {
        "bookmarks": {"scim_users": {"replication_key": "last_modified_at", "replication_key_value": value}}
    }


def bookmark_of(outcome: Outcome) -> str | None:
    state: Message = outcome.state.get("bookmarks", {}).get("scim_users", {})
    assert "progress_markers" not in state
    return state.get("replication_key_value")


def change_some(sandbox: Sandbox) -> tuple[str, set[tuple[str | None]]]:
    """The moment before some people were changed, and who they are."""
    directory = sandbox.directory
    before = max(person.modified for person in directory.users())
    directory.now = max(directory.now, before)
    changed = directory.users()[::3][:CHANGED]
    for person in changed:
        directory.change(person, title="Changed")
    return utc_time(min(person.modified for person in changed)), {(person.scim_id,) for person in changed}


def filters(sandbox: Sandbox) -> list[str]:
    """What /Users was filtered by, request by request."""
    queries = [parse_qs(asked.query) for asked in sandbox.requests if asked.path.endswith("/Users")]
    return [query.get("filter", [""])[0] for query in queries]


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(people=PEOPLE, quirks=getattr(request, "param", ()), quota=None) as sandbox:
        yield sandbox


def config_of(sandbox: Sandbox, **settings: Any) -> dict[str, Any]:
    return {**sandbox.config, **SETTINGS, **settings}


def test_an_honoured_filter_brings_who_changed_and_moves_the_bookmark(
    sandbox: Sandbox, catalog: Message, tmp_path: Path
) -> None:
    since, changed = change_some(sandbox)
    outcome = run_tap(config_of(sandbox), tmp_path, catalog=catalog, state=bookmark(since))
    assert outcome.exit_code == 0, outcome.log
    assert set(outcome.keys("scim_users")) == changed
    receipt = outcome.receipt("scim_users")
    assert receipt["replication_method"] == "INCREMENTAL"
    assert (receipt["is_complete"], receipt["incomplete_reason"]) == (False, "incremental")
    assert receipt["request"].startswith("/Users?filter=meta.lastModified+ge+")
    assert bookmark_of(outcome) == max(record["last_modified_at"] for record in outcome.records["scim_users"])
    assert set(filters(sandbox)) == {f'meta.lastModified ge "{since}"'}


def test_the_next_run_goes_on_from_the_bookmark(sandbox: Sandbox, catalog: Message, tmp_path: Path) -> None:
    first = run_tap(config_of(sandbox), tmp_path, catalog=catalog)
    assert len(first.records["scim_users"]) == len(sandbox.directory.users())
    assert first.receipt("scim_users")["is_complete"], "with no bookmark there is nothing to filter by"
    _, changed = change_some(sandbox)
    second = run_tap(config_of(sandbox), tmp_path, catalog=catalog, state=first.state)
    latest = bookmark_of(first)
    assert latest is not None
    # Whoever was modified at the very moment of the bookmark comes again: nobody is lost.
    still = {(p.scim_id,) for p in sandbox.directory.users() if utc_time(p.modified) == latest}
    assert set(second.keys("scim_users")) == changed | still
    assert str(bookmark_of(second)) > latest


def test_start_date_is_the_first_bookmark(sandbox: Sandbox, catalog: Message, tmp_path: Path) -> None:
    since, changed = change_some(sandbox)
    outcome = run_tap(config_of(sandbox, start_date=since), tmp_path, catalog=catalog)
    assert set(outcome.keys("scim_users")) == changed
    assert outcome.receipt("scim_users")["incomplete_reason"] == "incremental"


def test_start_date_matters_to_no_full_read(sandbox: Sandbox, tmp_path: Path) -> None:
    outcome = run_tap(config_of(sandbox, start_date=LATER), tmp_path)
    assert outcome.receipt("scim_users")["is_complete"]
    assert set(outcome.keys("scim_users")) == truth_of(sandbox.directory)["scim_users"]
    assert set(filters(sandbox)) == {""}


def test_a_date_time_with_an_offset_is_asked_for_in_utc(
    sandbox: Sandbox, catalog: Message, tmp_path: Path
) -> None:
    run_tap(config_of(sandbox), tmp_path, catalog=catalog, state=bookmark("2026-01-31T01:30:00+02:00"))
    assert filters(sandbox)[0] == 'meta.lastModified ge "2026-01-30T23:30:00Z"'


@pytest.mark.parametrize("in_flight", [1, 4])
@pytest.mark.parametrize("sandbox", ["scim-filter-ignored"], indirect=True)
def test_an_ignored_filter_gives_everybody_and_the_same_bookmark(
    sandbox: Sandbox, in_flight: int, catalog: Message, tmp_path: Path
) -> None:
    since, changed = change_some(sandbox)
    config = config_of(sandbox, max_in_flight=in_flight)
    outcome = run_tap(config, tmp_path, catalog=catalog, state=bookmark(since))
    assert outcome.exit_code == 0
    keys = outcome.keys("scim_users")
    assert len(keys) == len(set(keys))
    assert changed <= set(keys) <= truth_of(sandbox.directory)["scim_users"]
    assert bookmark_of(outcome) == utc_time(max(person.modified for person in sandbox.directory.users()))


@pytest.mark.parametrize("in_flight", [1, 4])
@pytest.mark.parametrize(
    "sandbox", ["scim-filter-400", "scim-filter-500", "scim-filter-501", "scim-filter-empty"], indirect=True
)
def test_a_refused_or_unknown_filter_leads_to_a_full_read_and_a_log_line(
    sandbox: Sandbox, in_flight: int, catalog: Message, tmp_path: Path
) -> None:
    since, _ = change_some(sandbox)
    config = config_of(sandbox, max_in_flight=in_flight)
    outcome = run_tap(config, tmp_path, catalog=catalog, state=bookmark(since))
    assert outcome.exit_code == 0, outcome.log
    keys = outcome.keys("scim_users")
    assert len(keys) == len(set(keys))
    assert set(keys) == truth_of(sandbox.directory)["scim_users"]
    receipt = outcome.receipt("scim_users")
    assert (receipt["replication_method"], receipt["is_complete"]) == ("FULL_TABLE", True)
    assert receipt["population_sha256"]
    assert "filter" not in receipt["request"]
    assert "reading the full list" in outcome.log
    assert bookmark_of(outcome) == utc_time(max(person.modified for person in sandbox.directory.users()))


def test_a_filter_that_matches_nobody_is_told_from_an_unknown_one(
    sandbox: Sandbox, catalog: Message, tmp_path: Path
) -> None:
    outcome = run_tap(config_of(sandbox), tmp_path, catalog=catalog, state=bookmark(LATER))
    assert outcome.exit_code == 0
    assert outcome.records["scim_users"] == []
    assert outcome.receipt("scim_users")["incomplete_reason"] == "incremental"
    assert bookmark_of(outcome) == LATER
    assert "reading the full list" not in outcome.log
    assert filters(sandbox)[1:] == ['meta.lastModified ge "1970-01-01T00:00:00Z"']


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize(
    ("fault", "quirk"),
    [
        ("403@scim_users:2x*", ""),
        ("500@scim_users:2x*", ""),
        ("403@scim_users:1x*", ""),
        ("invalid-json@scim_users:2x*", ""),
        ("", "scim-total-too-high"),
        ("", "scim-order-unstable"),
        ("", "scim-total-changes"),
    ],
)
def test_the_bookmark_stands_still_where_the_read_was_not_whole(
    fault: str, quirk: str, *, batched: bool, catalog: Message, tmp_path: Path
) -> None:
    folder = tmp_path / "batches"
    folder.mkdir()
    batch = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": folder.as_uri(), "prefix": ""},
    }
    with Sandbox(people=PEOPLE, faults=fault, quirks=quirk, quota=None) as sandbox:
        since = utc_time(min(person.modified for person in sandbox.directory.users()))
        config = config_of(sandbox, **({"batch_config": batch} if batched else {}))
        outcome = run_tap(config, tmp_path, catalog=catalog, state=bookmark(since))
    assert outcome.exit_code == {"403": 77, "500": 75}.get(fault[:3], 76)
    assert bookmark_of(outcome) == since
    states = [m["value"]["bookmarks"]["scim_users"] for m in outcome.messages if m["type"] == "STATE"]
    assert {state["replication_key_value"] for state in states} == {since}
    if not batched:
        reason = outcome.receipt("scim_users")["incomplete_reason"]
        assert reason.startswith(("failed: ", "short: ", "unstable: "))


@pytest.mark.parametrize(
    "value", ["yesterday", "2026-01-31T00:00:00", True, {"a": 1}, "2026-13-01T00:00:00Z"]
)
def test_a_corrupt_bookmark_is_a_sentence_and_the_other_streams_are_read(
    value: Any, sandbox: Sandbox, catalog: Message, tmp_path: Path
) -> None:
    outcome = run_tap(config_of(sandbox), tmp_path, catalog=catalog, state=bookmark(value))
    assert outcome.exit_code == 78
    assert "The bookmark of scim_users in the state is no date-time with its offset" in outcome.log
    assert "Traceback" not in outcome.log
    assert outcome.receipt("scim_users")["incomplete_reason"] == "failed: configuration"
    assert set(outcome.keys("owners")) == truth_of(sandbox.directory)["owners"]
    assert filters(sandbox) == []


@pytest.mark.parametrize(
    "state", ["[]", '"text"', '{"bookmarks": []}', '{"bookmarks": {"scim_users": 3}}', "{", ""]
)
def test_a_state_that_is_none_is_a_sentence(state: str, sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text(state)
    outcome = run_tap(config_of(sandbox), tmp_path, "--state", str(path))
    assert outcome.exit_code == 78
    assert "Traceback" not in outcome.log
    assert "state" in outcome.log
    assert sandbox.requests == []


def test_progress_markers_of_a_run_that_died_are_not_taken_for_a_bookmark(
    sandbox: Sandbox, catalog: Message, tmp_path: Path
) -> None:
    since, changed = change_some(sandbox)
    state = bookmark(since)
    state["bookmarks"]["scim_users"]["progress_markers"] = {
        "replication_key": "last_modified_at",
        "replication_key_value": LATER,
    }
    outcome = run_tap(config_of(sandbox), tmp_path, catalog=catalog, state=state)
    assert set(outcome.keys("scim_users")) == changed


def test_a_full_read_moves_no_bookmark(sandbox: Sandbox, tmp_path: Path) -> None:
    outcome = run_tap(config_of(sandbox), tmp_path)
    assert bookmark_of(outcome) is None


def test_meltanos_way_of_asking_for_it_is_heard_as_well(sandbox: Sandbox, tmp_path: Path) -> None:
    def metadata(entry: Message) -> None:
        if entry["tap_stream_id"] == "scim_users":
            for key in ("replication_method", "replication_key"):
                entry.pop(key, None)
            [root] = [m["metadata"] for m in entry["metadata"] if m["breadcrumb"] == []]
            root["replication-method"] = "INCREMENTAL"
            root["replication-key"] = "last_modified_at"

    since, changed = change_some(sandbox)
    catalog = discover(config_of(sandbox), tmp_path, metadata, select("scim_users"))
    outcome = run_tap(config_of(sandbox), tmp_path, catalog=catalog, state=bookmark(since))
    assert set(outcome.keys("scim_users")) == changed
