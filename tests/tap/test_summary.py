"""`--summary FILE`: what a program that starts the tap reads afterwards."""

import json
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from freshsales_sandbox.app import API_KEY, SCIM_TOKEN, Sandbox
from tests.tap.running import Outcome, run_tap
from tests.tap.test_signals import finish, log_until, running

ACCOUNT = "acme.myfreshworks.com"


def summarized(config: dict[str, Any], tmp_path: Path, *arguments: str) -> tuple[Outcome, dict[str, Any]]:
    file = tmp_path / "summary.json"
    outcome = run_tap(config, tmp_path, "--summary", str(file), *arguments)
    assert [path.name for path in tmp_path.iterdir() if "summary" in path.name] == ["summary.json"]
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    assert API_KEY not in text
    assert SCIM_TOKEN not in text
    return outcome, json.loads(text)


def test_a_good_run_hands_over_the_receipts_that_it_sent(tmp_path: Path) -> None:
    with Sandbox(people=8) as sandbox:
        outcome, summary = summarized(sandbox.config, tmp_path)
    receipts = outcome.records["sync_receipts"]
    assert summary == {
        "account": receipts[0]["account"],
        "sync_id": receipts[0]["sync_id"],
        "class": "ok",
        "retry_at": None,
        "receipts": receipts,
    }


@pytest.mark.parametrize("arguments", [(), ("--test",)], ids=["sync", "test"])
@pytest.mark.parametrize(
    ("making", "word"),
    [
        ({"quirks": "scim-404"}, "configuration"),
        ({"faults": "403@owners:1x*"}, "credential"),
        ({"faults": "redirect-302@owners:1x*"}, "incomplete"),
        ({"faults": "503@owners:1x*"}, "later"),
    ],
)
def test_the_class_is_that_of_the_exit_code(
    making: dict[str, str], word: str, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    with Sandbox(people=8, quota=None, **making) as sandbox:  # type: ignore[arg-type]
        _, summary = summarized({**sandbox.config, "max_attempts": 1}, tmp_path, *arguments)
    assert summary["class"] == word
    assert summary["retry_at"] is None
    assert bool(summary["receipts"]) == (not arguments)


def test_a_used_up_quota_tells_when_it_is_back(tmp_path: Path) -> None:
    with Sandbox(people=8, quota="3/h") as sandbox:
        now = datetime.now(UTC)
        outcome, summary = summarized({**sandbox.config, "max_quota_wait_seconds": 0}, tmp_path)
    assert (outcome.exit_code, summary["class"]) == (75, "later")
    retry_at = datetime.strptime(summary["retry_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(0) < retry_at - now <= timedelta(hours=1, seconds=10)
    assert f"is used up until {summary['retry_at'][:-3]}" in outcome.log


@pytest.mark.parametrize("arguments", [(), ("--test",), ("--schemas",)])
@pytest.mark.parametrize(
    ("change", "account"),
    [({"page_size": 0}, ACCOUNT), ({"domain": "https://elsewhere.example"}, None), ({"domain": 3}, None)],
)
def test_a_wrong_configuration_is_summarized_too(
    change: dict[str, object], account: str | None, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    config = {"domain": "acme", "api_key": API_KEY, **change}
    _, summary = summarized(config, tmp_path, *arguments)
    assert summary == {
        "account": account,
        "sync_id": None,
        "class": "configuration",
        "retry_at": None,
        "receipts": [],
    }


@pytest.mark.parametrize("option", ["--config=nowhere.json", "--state=nowhere.json", "--no-such-option"])
def test_a_wrong_option_is_summarized_too(option: str, tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    file.write_text('{"class": "ok"}')
    run_tap({"domain": "acme", "api_key": API_KEY}, tmp_path, option, "--summary", str(file))
    assert json.loads(file.read_text())["class"] == "configuration"


@pytest.mark.parametrize("place", ["no-such-folder/summary.json", ".", "pipe"])
def test_a_summary_that_cannot_be_written_stops_the_run(place: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with Sandbox(people=8) as sandbox:
        outcome = run_tap(sandbox.config, tmp_path, "--summary", str(tmp_path / place))
        assert not sandbox.requests
    assert outcome.exit_code == 78
    assert "The file given with --summary cannot be written" in outcome.log
    assert (tmp_path / "pipe").is_fifo(), "what is no file is not replaced"


def test_a_summary_whose_folder_went_away_is_an_error_of_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.setattr("tap_freshsales_users.run.Run.announce", lambda _: folder.rmdir())
    config = {"domain": "acme", "api_key": API_KEY}
    outcome = run_tap(config, tmp_path, "--schemas", "--summary", str(folder / "summary.json"))
    assert outcome.exit_code == 74
    assert "The file given with --summary cannot be written (No such file or directory)" in outcome.log


def test_a_stopped_run_is_not_ok(tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    with (
        Sandbox(people=8, quota="5/h") as sandbox,
        running(
            {**sandbox.config, "max_quota_wait_seconds": 10**6}, tmp_path, "--summary", str(file)
        ) as process,
    ):
        log = log_until(process, "Waiting 3")
        process.send_signal(signal.SIGTERM)
        finish(process, log)
    assert process.returncode == 128 + signal.SIGTERM
    summary = json.loads(file.read_text())
    assert summary["class"] == "incomplete"
    assert {receipt["is_complete"] for receipt in summary["receipts"]} == {True, False}


def test_a_killed_run_leaves_no_good_news_of_the_run_before(tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    file.write_text('{"class": "ok"}')
    with (
        Sandbox(people=8, quota="5/h") as sandbox,
        running(
            {**sandbox.config, "max_quota_wait_seconds": 10**6}, tmp_path, "--summary", str(file)
        ) as process,
    ):
        log_until(process, "Waiting 3")
        process.kill()
        process.communicate()
    assert not file.exists()


def test_receipts_that_the_loader_did_not_take_are_not_in_the_summary(tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    with (
        Path(os.devnull).with_name("full").open("wb") as full,
        Sandbox(people=8) as sandbox,
        running(sandbox.config, tmp_path, "--summary", str(file), stdout=full) as process,
    ):
        finish(process)
    assert process.returncode == 74
    summary = json.loads(file.read_text())
    assert (summary["class"], summary["receipts"]) == ("output", [])


# -- --schemas


def test_schemas_are_those_of_a_run_and_ask_nothing(tmp_path: Path) -> None:
    with Sandbox(people=8) as sandbox:
        schemas = run_tap(sandbox.config, tmp_path, "--schemas")
        assert not sandbox.requests
        outcome = run_tap(sandbox.config, tmp_path)
    assert schemas.exit_code == 0
    assert schemas.messages == [message for message in outcome.messages if message["type"] == "SCHEMA"]
    assert schemas.messages[-1]["stream"] == "sync_receipts"
