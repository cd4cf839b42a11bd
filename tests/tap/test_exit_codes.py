"""The exit code tells who can help, and of several causes the first in the order of the document wins."""

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from freshsales_sandbox.app import Sandbox
from tests.tap.running import run_tap
from tests.tap.selecting import discover, select

# In the order in which they win: what of a sandbox makes each, each on a list of its own.
MADE_BY: dict[int, dict[str, Any]] = {
    78: {"quirks": "scim-404"},
    77: {"faults": "403@roles:1"},
    74: {},  # by the setting below
    76: {"faults": "redirect-302@territories:1"},
    75: {"faults": "503@teams:1x*"},
}
NO_FOLDER = "no such folder"
MIXTURES = [mixed for size in range(len(MADE_BY) + 1) for mixed in combinations(MADE_BY, size)]
SETTINGS = {"max_attempts": 1, "page_size": 100}


def sandbox_of(mixed: tuple[int, ...]) -> Sandbox:
    made = [MADE_BY[code] for code in mixed]
    return Sandbox(
        people=8,
        quota=None,
        faults=",".join(one["faults"] for one in made if "faults" in one),
        quirks=[one["quirks"] for one in made if "quirks" in one],
    )


def output_of(mixed: tuple[int, ...], tmp_path: Path) -> dict[str, Any]:
    """BATCH files go to a place that cannot be written, where the output is to fail."""
    if 74 not in mixed:
        return {}
    (tmp_path / "file").touch()
    storage = {"root": (tmp_path / "file" / NO_FOLDER).as_uri(), "prefix": ""}
    return {"batch_config": {"encoding": {"format": "jsonl", "compression": "gzip"}, "storage": storage}}


@pytest.mark.parametrize("mixed", MIXTURES, ids=lambda mixed: "+".join(map(str, mixed)) or "none")
def test_of_several_causes_the_first_gives_the_exit_code(mixed: tuple[int, ...], tmp_path: Path) -> None:
    with sandbox_of(mixed) as sandbox:
        config = {**sandbox.config, **SETTINGS, **output_of(mixed, tmp_path)}
        outcome = run_tap(config, tmp_path)
    assert outcome.exit_code == (mixed[0] if mixed else 0), outcome.log
    assert "Traceback" not in outcome.log


@pytest.mark.parametrize(
    "mixed", [m for m in MIXTURES if 74 not in m], ids=lambda mixed: "+".join(map(str, mixed)) or "none"
)
def test_a_check_ends_with_the_same_exit_code(mixed: tuple[int, ...], tmp_path: Path) -> None:
    with sandbox_of(mixed) as sandbox:
        outcome = run_tap({**sandbox.config, **SETTINGS}, tmp_path, "--test")
    assert outcome.exit_code == (mixed[0] if mixed else 0), outcome.output


def test_a_port_that_refuses_is_tried_again_later(tmp_path: Path) -> None:
    with Sandbox(people=2) as sandbox:
        config = {**sandbox.config, **SETTINGS}
    for arguments in ((), ("--test",)):
        assert run_tap(config, tmp_path, *arguments).exit_code == 75


# -- required streams


def absent(stream: str) -> Mapping[str, Any]:
    group = stream in {"scim_groups", "scim_group_members"}
    return {"quirks": "scim-groups-404" if group else f"rest-{stream}-404"}


OPTIONAL = ["profile", "roles", "territories", "scim_groups", "scim_group_members"]
SYNC_AND_TEST = pytest.mark.parametrize("arguments", [(), ("--test",)], ids=["sync", "test"])


@SYNC_AND_TEST
@pytest.mark.parametrize("stream", OPTIONAL)
def test_a_required_stream_that_is_absent_is_incomplete(
    stream: str, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    with Sandbox(people=8, **absent(stream)) as sandbox:
        config = {**sandbox.config, "required_streams": [stream]}
        outcome = run_tap(config, tmp_path, *arguments)
        without = run_tap({**config, "required_streams": ["owners"]}, tmp_path, *arguments)
    assert outcome.exit_code == 76
    assert "required" in outcome.log + outcome.output
    assert without.exit_code == 0


@SYNC_AND_TEST
def test_a_required_profile_that_is_refused_fails_by_its_cause(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    with Sandbox(people=8, faults="403@profile:1x*") as sandbox:
        config = {**sandbox.config, "required_streams": ["profile"]}
        assert run_tap(config, tmp_path, *arguments).exit_code == 77
        assert run_tap({**config, "required_streams": None}, tmp_path, *arguments).exit_code == 0


@pytest.mark.parametrize("arguments", [(), ("--test",), ("--schemas",)])
@pytest.mark.parametrize(
    ("setting", "stream"),
    [("scim_token", "scim_users"), ("scim_token", "scim_group_members"), ("api_key", "roles")],
)
def test_a_required_stream_without_its_credential_stops_the_run(
    setting: str, stream: str, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    with Sandbox(people=8) as sandbox:
        config = {**sandbox.config, setting: None, "required_streams": [stream]}
        outcome = run_tap(config, tmp_path, *arguments)
        assert not sandbox.requests
    assert outcome.exit_code == 78
    assert f"names {stream}, but `{setting}`" in outcome.log
    assert not outcome.messages


@pytest.mark.parametrize("arguments", [(), ("--test",), ("--schemas",)])
@pytest.mark.parametrize("setting", [{}, {"owned_records": "none"}])
def test_a_required_stream_that_a_setting_switches_off_stops_the_run(
    setting: dict[str, str], arguments: tuple[str, ...], tmp_path: Path
) -> None:
    with Sandbox(people=8) as sandbox:
        config = {**sandbox.config, **setting, "required_streams": ["owned_records"]}
        outcome = run_tap(config, tmp_path, *arguments)
        assert not sandbox.requests
    assert outcome.exit_code == 78
    assert "names owned_records, but `owned_records` is `none`" in outcome.log


@SYNC_AND_TEST
@pytest.mark.parametrize(
    ("quirk", "expected"),
    [("", 0), ("rest-search-404", 76), ("rest-search-403", 77), ("rest-search-filter-ignored", 76)],
)
def test_required_counts_that_the_account_does_not_give_are_missed(
    quirk: str, expected: int, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    with Sandbox(people=8, quirks=quirk) as sandbox:
        config = {**sandbox.config, "owned_records": "all", "required_streams": ["owned_records"]}
        outcome = run_tap(config, tmp_path, *arguments)
    # A check asks one search: it cannot see what two of them tell.
    assert outcome.exit_code == (0 if arguments and quirk == "rest-search-filter-ignored" else expected)


@pytest.mark.parametrize("scope", ["none", "suspects"])
def test_schemas_of_counts_are_sent_if_the_setting_asks_for_them(scope: str, tmp_path: Path) -> None:
    with Sandbox(people=8) as sandbox:
        outcome = run_tap({**sandbox.config, "owned_records": scope}, tmp_path, "--schemas")
    sent = {message["stream"] for message in outcome.messages if message["type"] == "SCHEMA"}
    assert ("owned_records" in sent) == (scope != "none")


@pytest.mark.parametrize("arguments", [(), ("--schemas",)])
def test_a_required_stream_that_is_deselected_stops_the_run(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    with Sandbox(people=8) as sandbox:
        catalog = discover(sandbox.config, tmp_path, select("roles", selected=False))
        config = {**sandbox.config, "required_streams": ["owners", "roles"]}
        outcome = run_tap(config, tmp_path, *arguments, catalog=catalog)
        assert not sandbox.requests
    assert outcome.exit_code == 78
    assert "Stream roles is required, but it is not selected." in outcome.log


@pytest.mark.parametrize("value", [["owners", "OddName"], "owners", [3], [["owners"]], {"owners": 1}])
def test_required_streams_that_are_none_stop_the_run(value: object, tmp_path: Path) -> None:
    config = {"domain": "acme", "api_key": "a-key", "required_streams": value}
    outcome = run_tap(config, tmp_path)
    assert outcome.exit_code == 78
    assert "`required_streams`" in outcome.log
    assert "OddName" not in outcome.log


def test_required_streams_can_be_given_by_a_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TAP_FRESHSALES_USERS_REQUIRED_STREAMS", '["scim_users"]')
    monkeypatch.setenv("TAP_FRESHSALES_USERS_DOMAIN", "acme")
    monkeypatch.setenv("TAP_FRESHSALES_USERS_API_KEY", "a-key")
    monkeypatch.chdir(tmp_path)
    outcome = run_tap({}, tmp_path, "--config=ENV")
    assert outcome.exit_code == 78
    assert "names scim_users, but `scim_token`" in outcome.log
