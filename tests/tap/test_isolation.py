"""One stream's failure is its own: the others are read, written and receipted, and the run says so."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from freshsales_sandbox.app import Sandbox
from tap_freshsales_users.singer.sdk import PageStream
from tap_freshsales_users.tables.rows import Rows
from tests.tap.running import Outcome, run_tap
from tests.tap.selecting import deselect, discover
from tests.tap.truth import LISTS, truth_of

PEOPLE = 24
SETTINGS = {"page_size": 10, "max_attempts": 2}
READ = ("profile", *LISTS)
# Memberships are in the groups: no request of their own.
ASKED = [name for name in READ if name != "scim_group_members"]


def assert_others_whole(outcome: Outcome, sandbox: Sandbox, failed: set[str]) -> None:
    truth = truth_of(sandbox.directory)
    for name in set(LISTS) - failed:
        assert set(outcome.keys(name)) == truth[name]
        assert outcome.receipt(name)["is_complete"]
    for name in failed:
        assert not outcome.receipt(name)["is_complete"]
        assert outcome.receipt(name)["incomplete_reason"]


def summary(outcome: Outcome) -> dict[str, str]:
    """The closing lines: stream -> outcome."""
    lines = outcome.log.partition("Summary of run")[2].splitlines()[1:]
    return {line.split("|")[-1].split()[0]: line.split("|")[-1].split()[1] for line in lines if "|" in line}


@pytest.mark.parametrize("failing", ASKED[1:])  # the profile fails no run
def test_a_stream_that_fails_keeps_no_other_from_being_read(failing: str, tmp_path: Path) -> None:
    with Sandbox(people=PEOPLE, faults=f"403@{failing}:1x*", quota=None) as sandbox:
        outcome = run_tap({**sandbox.config, **SETTINGS}, tmp_path)
        failed = {failing, *({"scim_group_members"} if failing == "scim_groups" else ())}
        assert_others_whole(outcome, sandbox, failed)
    assert outcome.exit_code == 77
    assert summary(outcome) == {name: "FAILED" if name in failed else "complete" for name in READ}
    assert outcome.receipt(failing)["incomplete_reason"] == "failed: permission_refused"
    assert outcome.messages[-1]["type"] in {"STATE", "RECORD"}


@pytest.mark.parametrize("failing", ASKED)
def test_an_error_in_the_tap_itself_ends_one_stream_and_repeats_no_data(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Rows.take

    def broken(rows: Rows, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if rows.table.name == failing:
            raise KeyError(json.dumps(items))
        return take(rows, items)

    monkeypatch.setattr(Rows, "take", broken)
    with Sandbox(people=PEOPLE, quota=None) as sandbox:
        outcome = run_tap({**sandbox.config, **SETTINGS}, tmp_path)
        failed = {failing, *({"scim_group_members"} if failing == "scim_groups" else ())}
        assert_others_whole(outcome, sandbox, failed)
        names = {person.family_name for person in sandbox.directory.people}
    assert outcome.exit_code == 76
    assert outcome.receipt(failing)["incomplete_reason"] == "failed: internal"
    assert f"stream {failing}: an error in the tap itself (KeyError at test_isolation.py:" in outcome.log
    assert "Traceback" not in outcome.log
    assert not any(name in outcome.log.partition("Summary")[0].partition("KeyError")[2] for name in names)


def test_an_absent_list_fails_nothing(tmp_path: Path) -> None:
    quirks = (
        "rest-roles-404",
        "rest-territories-501",
        "rest-teams-404",
        "rest-profile-404",
        "scim-groups-404",
    )
    with Sandbox(people=PEOPLE, quirks=quirks, quota=None) as sandbox:
        outcome = run_tap({**sandbox.config, **SETTINGS}, tmp_path)
    assert outcome.exit_code == 0
    absent = {"profile", "roles", "territories", "teams", "scim_groups", "scim_group_members"}
    assert summary(outcome) == {name: "absent" if name in absent else "complete" for name in READ}
    assert {outcome.receipt(name)["incomplete_reason"] for name in absent} == {"absent"}
    assert outcome.receipt("owners")["read_as"] is None


def stop_after(monkeypatch: pytest.MonkeyPatch, stream: str, number: signal.Signals) -> None:
    """A signal as soon as the first page of a stream is written."""
    write_page: Callable[..., None] = PageStream.write_page

    def written(self: PageStream, records: list[dict[str, Any]]) -> None:
        write_page(self, records)
        if self.name == stream:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(PageStream, "write_page", written)


@pytest.mark.parametrize("in_flight", [1, 4])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("stream", ["owners", "scim_users", "scim_groups", "scim_group_members"])
def test_a_stopped_run_delivers_what_was_finished_and_names_the_rest(
    stream: str, number: signal.Signals, in_flight: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_after(monkeypatch, stream, number)
    with Sandbox(people=PEOPLE, quota=None) as sandbox:
        config = {**sandbox.config, **SETTINGS, "max_in_flight": in_flight}
        outcome = run_tap(config | {"emit_activate_version_messages": True}, tmp_path)
        truth = truth_of(sandbox.directory)
    assert outcome.exit_code == 128 + number
    receipts = {receipt["stream"]: receipt for receipt in outcome.records["sync_receipts"]}
    groups = {"scim_groups", "scim_group_members"}
    stopped = groups if stream in groups else {stream}
    before = set(READ[: min(READ.index(name) for name in stopped)])
    assert set(receipts) == before | stopped
    for name in before:
        assert receipts[name]["is_complete"]
        assert name == "profile" or set(outcome.keys(name)) == truth[name]
    for name in stopped:
        assert not receipts[name]["is_complete"]
        assert receipts[name]["incomplete_reason"] == f"failed: {number.name}"
    assert set(outcome.keys(stream)) <= truth[stream]
    activated = {message["stream"] for message in outcome.messages if message["type"] == "ACTIVATE_VERSION"}
    assert activated == before | {"sync_receipts"}
    assert f"Stopped by {number.name}" in outcome.log
    assert "Traceback" not in outcome.log


def test_a_signal_before_a_stream_asked_for_anything_is_no_internal_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_schema = PageStream._write_schema_message  # noqa: SLF001

    def announced(self: PageStream) -> None:
        write_schema(self)
        if self.name == "owners":
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(PageStream, "_write_schema_message", announced)
    with Sandbox(people=PEOPLE, quota=None) as sandbox:
        outcome = run_tap({**sandbox.config, **SETTINGS}, tmp_path)
    assert outcome.exit_code == 128 + signal.SIGTERM
    assert outcome.receipt("profile")["is_complete"]
    assert outcome.receipt("owners")["incomplete_reason"] == "failed: SIGTERM"


def test_memberships_can_be_read_though_their_groups_are_not_selected(tmp_path: Path) -> None:
    with Sandbox(people=PEOPLE, quota=None) as sandbox:
        catalog = discover(sandbox.config, tmp_path, deselect("scim_groups"))
        outcome = run_tap({**sandbox.config, **SETTINGS}, tmp_path, catalog=catalog)
        truth = truth_of(sandbox.directory)
    assert outcome.exit_code == 0
    assert not outcome.records["scim_groups"]
    assert set(outcome.keys("scim_group_members")) == truth["scim_group_members"]
    assert outcome.receipt("scim_group_members")["is_complete"]
    assert outcome.receipt("scim_group_members")["api_requests"] > 0


@pytest.mark.parametrize("failing", ASKED)
def test_an_error_before_the_first_request_ends_that_stream_alone(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_schema = PageStream._write_schema_message  # noqa: SLF001

    def broken(self: PageStream) -> None:
        if self.name == failing:
            raise RuntimeError
        write_schema(self)

    monkeypatch.setattr(PageStream, "_write_schema_message", broken)
    with Sandbox(people=PEOPLE, quota=None) as sandbox:
        outcome = run_tap({**sandbox.config, **SETTINGS}, tmp_path)
        failed = {failing, *({"scim_group_members"} if failing == "scim_groups" else ())}
        assert_others_whole(outcome, sandbox, failed)
    assert outcome.exit_code == 76
    assert outcome.receipt(failing)["finished_at"]
