"""What a run knows of the runs before it, by the state: their order, and whose bookmark it is handed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshsales_sandbox.app import Sandbox
from tap_freshsales_users.reading.receipt import SYNC_ID, moment_of, new_sync_id
from tests.tap.running import Message, Outcome, run_tap
from tests.tap.selecting import discover, incremental
from tests.tap.truth import truth_of

MOMENTS = st.timedeltas(timedelta(0), timedelta(days=8000 * 365)).map(
    lambda after: datetime(1990, 1, 1, tzinfo=UTC) + after
)
FAR_AHEAD = "29991231T235959999999-ffffffff"
NO_RUN_IS_KNOWN = "The state names no earlier run"


def state_of(sync_id: object) -> Message:
    return {"bookmarks": {"sync_receipts": {"sync_id": sync_id, "account": "acme.myfreshworks.com"}}}


def sync_id_of(outcome: Outcome) -> str:
    [sync_id] = {record["sync_id"] for records in outcome.records.values() for record in records}
    return str(sync_id)


# -- the order of runs


@given(MOMENTS, MOMENTS)
def test_an_id_is_greater_than_the_last_whatever_the_clock_says(now: datetime, before: datetime) -> None:
    last = new_sync_id(before)
    following = new_sync_id(now, moment_of(last))
    assert following > last
    assert len(following) == len(last) == 30
    assert SYNC_ID.fullmatch(following)


@given(st.lists(st.timedeltas(timedelta(days=-1), timedelta(days=1)), min_size=2, max_size=8))
def test_a_chain_of_runs_on_clocks_that_disagree_stays_in_order(clocks: list[timedelta]) -> None:
    ids = [""]
    for clock in clocks:
        ids.append(new_sync_id(datetime.now(UTC) + clock, moment_of(ids[-1])))
    assert ids == sorted(set(ids))


@pytest.mark.parametrize(
    "text", [None, 7, "", "20260131", "20261399T000000000000-00000000", "20260131T000000000000-0000000g"]
)
def test_what_is_no_id_of_a_run_tells_nothing(text: object, tmp_path: Path) -> None:
    with Sandbox(people=5) as sandbox:
        outcome = run_tap(sandbox.config, tmp_path, state=state_of(text))
    assert outcome.exit_code == 0
    assert NO_RUN_IS_KNOWN in outcome.log


def test_a_run_follows_the_last_one_whose_clock_was_ahead(tmp_path: Path) -> None:
    with Sandbox(people=5) as sandbox:
        outcome = run_tap(sandbox.config, tmp_path, state=state_of(FAR_AHEAD))
        later = run_tap(sandbox.config, tmp_path, state=outcome.state)
    assert FAR_AHEAD < sync_id_of(outcome) < sync_id_of(later)
    assert "The last run's id lies ahead of this host's clock (2999-12-31T23:59:59.999999Z)" in outcome.log
    assert outcome.receipt("owners")["started_at"] < "2999", "a receipt tells the time of the clock"


def test_the_version_of_a_table_follows_the_last_run_too(tmp_path: Path) -> None:
    with Sandbox(people=5) as sandbox:
        config = {**sandbox.config, "emit_activate_version_messages": True}
        first = run_tap(config, tmp_path, state=state_of(FAR_AHEAD))
        second = run_tap(config, tmp_path, state=first.state)
    versions = [
        {message["version"] for message in outcome.messages if message["type"] == "ACTIVATE_VERSION"}
        for outcome in (first, second)
    ]
    assert max(versions[0]) < min(versions[1])
    assert all(len(found) == 1 for found in versions)


def test_no_time_after_the_last_run_is_a_sentence(tmp_path: Path) -> None:
    with Sandbox(people=5) as sandbox:
        outcome = run_tap(sandbox.config, tmp_path, state=state_of("99991231T235959999999-00000000"))
        assert not sandbox.requests
    assert outcome.exit_code == 78
    assert "Remove `bookmarks.sync_receipts` from the state" in outcome.log
    assert "Traceback" not in outcome.log


@pytest.mark.parametrize("faults", ["500@owners:1x*", "500@scim_users:1x*", ""])
def test_the_state_names_the_run_though_it_failed_in_part(faults: str, tmp_path: Path) -> None:
    with Sandbox(people=5, faults=faults) as sandbox:
        outcome = run_tap(sandbox.config, tmp_path)
    assert outcome.exit_code == (75 if faults else 0)
    assert outcome.state["bookmarks"]["sync_receipts"] == {
        "sync_id": sync_id_of(outcome),
        "account": outcome.receipt("owners")["account"],
    }
    assert outcome.log.count(NO_RUN_IS_KNOWN) == 1


def test_the_state_names_the_run_before_its_first_record(tmp_path: Path) -> None:
    with Sandbox(people=5) as sandbox:
        outcome = run_tap(sandbox.config, tmp_path)
    kinds = [message["type"] for message in outcome.messages]
    assert kinds.index("STATE") < kinds.index("RECORD")
    first = outcome.messages[kinds.index("STATE")]["value"]
    assert first["bookmarks"]["sync_receipts"]["sync_id"] == sync_id_of(outcome)


# -- whose bookmark it is


@pytest.fixture
def catalog(tmp_path: Path) -> Message:
    return discover({"domain": "acme"}, tmp_path, incremental)


def read(sandbox: Sandbox, tmp_path: Path, catalog: Message, **change: Any) -> Outcome:
    state = change.pop("state", None)
    return run_tap({**sandbox.config, "page_size": 10, **change}, tmp_path, catalog=catalog, state=state)


def test_the_bookmark_of_another_account_is_not_used(catalog: Message, tmp_path: Path) -> None:
    with Sandbox(people=30) as first, Sandbox(people=12) as second:
        of_a = read(first, tmp_path, catalog, domain="company-a")
        of_b = read(second, tmp_path, catalog, domain="company-b", state=of_a.state)
        everybody = truth_of(second.directory)["scim_users"]
        again = read(second, tmp_path, catalog, domain="company-b", state=of_b.state)
    assert of_a.state["bookmarks"]["scim_users"]["account"] == "company-a.myfreshworks.com"
    assert set(of_b.keys("scim_users")) == everybody
    assert of_b.receipt("scim_users")["is_complete"]
    assert "is of another account" in of_b.log
    kept = of_b.state["bookmarks"]["scim_users"]
    assert kept["account"] == "company-b.myfreshworks.com"
    assert kept["replication_key_value"] == max(
        record["last_modified_at"] for record in of_b.records["scim_users"]
    )
    assert again.receipt("scim_users")["replication_method"] == "INCREMENTAL"
    assert "another account" not in again.log


def test_a_later_bookmark_of_another_account_does_not_hide_the_own(catalog: Message, tmp_path: Path) -> None:
    foreign = {
        "replication_key": "last_modified_at",
        "replication_key_value": "2099-01-01T00:00:00Z",
        "account": "company-a.myfreshworks.com",
    }
    with Sandbox(people=12) as sandbox:
        state = {"bookmarks": {"scim_users": foreign}}
        outcome = read(sandbox, tmp_path, catalog, domain="company-b", state=state)
    assert outcome.state["bookmarks"]["scim_users"]["replication_key_value"] < "2099"


def test_a_failed_read_keeps_the_other_accounts_bookmark_whole(catalog: Message, tmp_path: Path) -> None:
    with Sandbox(people=12) as sandbox:
        of_a = read(sandbox, tmp_path, catalog, domain="company-a")
    with Sandbox(people=12, faults="403@scim_users:1x*") as sandbox:
        of_b = read(sandbox, tmp_path, catalog, domain="company-b", state=of_a.state)
    assert of_b.exit_code == 77
    kept = of_b.state["bookmarks"]["scim_users"]
    assert kept == of_a.state["bookmarks"]["scim_users"], "a value of one account beside the name of another"


def test_a_bookmark_that_names_no_account_is_used(catalog: Message, tmp_path: Path) -> None:
    with Sandbox(people=12) as sandbox:
        first = read(sandbox, tmp_path, catalog)
        del first.state["bookmarks"]["scim_users"]["account"]
        second = read(sandbox, tmp_path, catalog, state=first.state)
    assert second.receipt("scim_users")["replication_method"] == "INCREMENTAL"
    assert "account" in second.state["bookmarks"]["scim_users"]
