"""The Airbyte face: the protocol, PyAirbyte as it is released, and the checks of Airbyte's own CDK."""

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from freshsales_sandbox.app import Sandbox
from tap_freshsales_users.settings import SETTINGS
from tests.tap.truth import LISTS, owned_by, truth_of

ROOT = Path(__file__).parents[2]
BIN = ROOT / ".venv-pyairbyte/bin"
SOURCE = BIN / "source-freshsales-users"
OFFLINE = {"AIRBYTE_OFFLINE_MODE": "1", "DO_NOT_TRACK": "1", "AIRBYTE_NO_UV": "1"}
Message = dict[str, Any]
Keys = set[tuple[object, ...]]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=30, seed=8, quota=None) as running:
        yield running


@pytest.fixture(scope="module")
def streams(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Message]:
    """What `discover` says with both credentials."""
    return Source(tmp_path_factory.mktemp("discover"), sandbox).discover()


def start(*command: str | Path, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | OFFLINE | {"HOME": str(cwd)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


class Source:
    """The executable, with its files in a folder."""

    def __init__(self, folder: Path, sandbox: Sandbox, **settings: Any) -> None:
        self.folder = folder
        self.config = self.file("source.config", sandbox.config | settings)
        self.exit_code = 0

    def file(self, name: str, content: Any) -> Path:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(content))
        return path

    def run(self, *arguments: str | Path) -> list[Message]:
        finished = start(SOURCE, *arguments, cwd=self.folder)
        self.exit_code = finished.returncode
        assert "Traceback" not in finished.stderr
        return [json.loads(line) for line in finished.stdout.splitlines()]

    def discover(self) -> dict[str, Message]:
        [catalog] = of("CATALOG", self.run("discover", "--config", self.config))
        return {stream["name"]: stream for stream in catalog["catalog"]["streams"]}

    def read(
        self, streams: dict[str, Message], modes: dict[str, str] | None = None, state: Any = None
    ) -> list[Message]:
        configured = [
            {
                "stream": stream,
                "sync_mode": (modes or {}).get(name, "full_refresh"),
                "destination_sync_mode": "append",
            }
            for name, stream in streams.items()
        ]
        arguments: list[str | Path] = [
            "--config",
            self.config,
            "--catalog",
            self.file("catalog", {"streams": configured}),
        ]
        if state is not None:
            arguments += ["--state", self.file("state", state)]
        return self.run("read", *arguments)


def of(kind: str, messages: list[Message]) -> list[Message]:
    return [message for message in messages if message["type"] == kind]


def records(messages: list[Message]) -> dict[str, list[Message]]:
    found: dict[str, list[Message]] = {}
    for message in of("RECORD", messages):
        found.setdefault(message["record"]["stream"], []).append(message["record"]["data"])
    return found


def statuses(messages: list[Message]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for message in of("TRACE", messages):
        if message["trace"]["type"] == "STREAM_STATUS":
            status = message["trace"]["stream_status"]
            found.setdefault(status["stream_descriptor"]["name"], []).append(status["status"])
    return found


def errors(messages: list[Message]) -> list[Message]:
    return [m["trace"]["error"] for m in of("TRACE", messages) if m["trace"]["type"] == "ERROR"]


def keys(stream: str, rows: list[Message]) -> Keys:
    names = ("group_id", "member_id") if stream == "scim_group_members" else ("id",)
    return {tuple(row[name] for name in names) for row in rows}


def test_pyairbyte_loads_every_row_of_the_directory_offline(sandbox: Sandbox, tmp_path: Path) -> None:
    config, cache = tmp_path / "source.config.json", tmp_path / "cache.duckdb"
    config.write_text(json.dumps(sandbox.config | {"owned_records": "suspects"}))
    program = Path(__file__).with_name("pyairbyte_read.py")
    finished = start(BIN / "python", program, SOURCE, config, cache, cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr[-3000:]
    with duckdb.connect(str(cache), read_only=True) as connection:
        for stream, expected in truth_of(sandbox.directory).items():
            result = connection.execute(f"from freshsales.{stream}")
            names = [column[0] for column in result.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
            assert len(rows) == len(expected)
            assert keys(stream, rows) == expected
        receipts = connection.execute(
            "select stream, records, is_complete from freshsales.sync_receipts"
        ).fetchall()
        owned = connection.execute(
            "select owner_id, record_type, records_owned from freshsales.owned_records"
        ).fetchall()
    assert {(owner, kind): count for owner, kind, count in owned} == owned_by(sandbox.directory, "suspects")
    assert {stream for stream, *_ in receipts} == {*LISTS, "profile", "owned_records"}
    assert all(is_complete for *_, is_complete in receipts)


def test_each_stream_says_how_it_stands_and_leaves_a_state(
    sandbox: Sandbox, streams: dict[str, Message], tmp_path: Path
) -> None:
    source = Source(tmp_path, sandbox, page_size=10)
    assert {*streams} == {*LISTS, "profile", "sync_receipts"}
    messages = source.read(streams)
    assert source.exit_code == 0
    found = records(messages)
    for stream, expected in truth_of(sandbox.directory).items():
        assert keys(stream, found[stream]) == expected
        assert len(found[stream]) == len(expected)
    assert statuses(messages) == {name: ["STARTED", "RUNNING", "COMPLETE"] for name in streams}
    states = [message["state"]["stream"] for message in of("STATE", messages)]
    assert Counter(state["stream_descriptor"]["name"] for state in states) == Counter([*streams])
    assert len({state["stream_state"]["sync_id"] for state in states}) == 1
    assert errors(messages) == []
    # The receipts come last, and tell of all the others.
    assert of("RECORD", messages)[-1]["record"]["stream"] == "sync_receipts"
    assert {row["stream"]: row["records"] for row in found["sync_receipts"]} == {
        stream: len(rows) for stream, rows in found.items() if stream != "sync_receipts"
    }


def test_the_users_are_read_incrementally_and_nobody_is_gone(sandbox: Sandbox, tmp_path: Path) -> None:
    source = Source(tmp_path, sandbox)
    streams = {
        name: one for name, one in source.discover().items() if name in {"scim_users", "sync_receipts"}
    }
    assert streams["scim_users"]["supported_sync_modes"] == ["full_refresh", "incremental"]
    assert streams["scim_users"]["default_cursor_field"] == ["last_modified_at"]
    modes = {"scim_users": "incremental"}
    first = source.read(streams, modes)
    whole = records(first)["scim_users"]
    assert keys("scim_users", whole) == truth_of(sandbox.directory)["scim_users"]
    state = [message["state"] for message in of("STATE", first)]
    latest = max(person.modified for person in sandbox.directory.users())
    changed = next(person for person in sandbox.directory.users() if person.modified < latest)
    changed.title, changed.modified = "Changed", latest + timedelta(days=1)
    second = source.read(streams, modes, state)
    assert source.exit_code == 0
    found = records(second)
    assert (changed.scim_id,) in keys("scim_users", found["scim_users"])
    assert len(found["scim_users"]) < len(whole)
    [receipt] = found["sync_receipts"]
    assert receipt["replication_method"] == "INCREMENTAL"
    assert not receipt["is_complete"]
    assert receipt["sync_id"] > whole[0]["sync_id"]
    [moved] = [
        message["state"]["stream"]["stream_state"]
        for message in of("STATE", second)
        if message["state"]["stream"]["stream_descriptor"]["name"] == "scim_users"
    ]
    assert moved["last_modified_at"].startswith(f"{latest + timedelta(days=1):%Y-%m-%dT%H:%M:%S}")
    # The bookmark of another account is not used.
    for one in state:
        one["stream"]["stream_state"]["account"] = "other.myfreshworks.com"
    again = records(source.read(streams, modes, state))
    assert len(again["scim_users"]) == len(whole)


def test_a_stream_that_fails_is_incomplete_and_the_others_are_read(
    sandbox: Sandbox, streams: dict[str, Message], tmp_path: Path
) -> None:
    broken = Source(tmp_path, sandbox, scim_token="wrong-token-of-scim")
    messages = broken.read(streams)
    assert broken.exit_code == 1
    found, stand = records(messages), statuses(messages)
    assert keys("owners", found["owners"]) == truth_of(sandbox.directory)["owners"]
    assert stand["owners"][-1] == "COMPLETE"
    for stream in ("scim_users", "scim_groups", "scim_group_members"):
        assert stand[stream] == ["STARTED", "INCOMPLETE"]
        assert stream not in found
    told = {
        error["stream_descriptor"]["name"]: error
        for error in errors(messages)
        if error.get("stream_descriptor")
    }
    assert told["scim_users"]["failure_type"] == "config_error"
    assert "scim_token" in told["scim_users"]["message"]
    states = {message["state"]["stream"]["stream_descriptor"]["name"] for message in of("STATE", messages)}
    assert "scim_users" not in states
    receipts = {row["stream"]: row for row in found["sync_receipts"]}
    assert receipts["scim_users"]["incomplete_reason"] == "failed: credential_refused"
    assert "wrong-token-of-scim" not in json.dumps(messages)


def test_a_stream_that_is_not_there_fails_and_the_others_are_read(
    sandbox: Sandbox, streams: dict[str, Message], tmp_path: Path
) -> None:
    source = Source(tmp_path, sandbox)
    without = {name: value for name, value in sandbox.config.items() if name != "scim_token"}
    source.config = source.file("source.config", without)
    nobody = streams["owners"] | {"name": "people"}
    names = ("owners", "scim_users", "sync_receipts")
    messages = source.read({name: streams[name] for name in names} | {"people": nobody})
    assert source.exit_code == 1
    assert keys("owners", records(messages)["owners"]) == truth_of(sandbox.directory)["owners"]
    stand = statuses(messages)
    assert stand["owners"][-1] == "COMPLETE"
    assert stand["people"] == stand["scim_users"] == ["INCOMPLETE"]
    told = {
        error["stream_descriptor"]["name"]: (error["failure_type"], error["message"])
        for error in errors(messages)
        if error.get("stream_descriptor")
    }
    assert told["people"][0] == told["scim_users"][0] == "config_error"
    assert "There is no table people" in told["people"][1]
    assert "`scim_token` is not set" in told["scim_users"][1]
    assert {row["stream"] for row in records(messages)["sync_receipts"]} == {"owners"}


def test_a_server_that_is_down_is_no_mistake_of_the_configuration(
    sandbox: Sandbox, streams: dict[str, Message], tmp_path: Path
) -> None:
    dead = Source(tmp_path, sandbox, rest_api_url="http://127.0.0.1:9/crm/sales/api", max_attempts=1)
    messages = dead.read({"owners": streams["owners"]})
    assert dead.exit_code == 1
    assert {error["failure_type"] for error in errors(messages)} == {"transient_error"}
    assert statuses(messages)["owners"] == ["STARTED", "INCOMPLETE"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, None),
        ({"api_key": "wrong-key-of-rest"}, "api_key"),
        ({"page_size": 1000}, "greater than the maximum of 100"),
        ({"scim_token": ["wrong-key-of-rest"]}, "is not of type"),
        ({"domain": "not a domain"}, "domain"),
    ],
)
def test_a_check_succeeds_or_says_in_a_sentence_what_is_wrong(
    settings: dict[str, Any], says: str | None, sandbox: Sandbox, tmp_path: Path
) -> None:
    source = Source(tmp_path, sandbox, **settings)
    messages = source.run("check", "--config", source.config)
    [status] = of("CONNECTION_STATUS", messages)
    assert status["connectionStatus"]["status"] == ("SUCCEEDED" if says is None else "FAILED")
    if says is not None:
        assert says in status["connectionStatus"]["message"]
    assert "wrong-key-of-rest" not in json.dumps(messages)


def test_the_spec_has_every_setting_and_hides_the_secrets(sandbox: Sandbox, tmp_path: Path) -> None:
    [message] = of("SPEC", Source(tmp_path, sandbox).run("spec"))
    properties = message["spec"]["connectionSpecification"]["properties"]
    secret = {name for name, shape in SETTINGS["properties"].items() if shape.get("secret")}
    assert {name for name, shape in properties.items() if shape.get("airbyte_secret")} == secret
    assert {"domain", "page_size", "start_date", "user_agent"} <= properties.keys()
    assert "stream_maps" not in properties


def test_the_checks_of_airbytes_own_cdk_pass(sandbox: Sandbox, tmp_path: Path) -> None:
    connector = tmp_path / "source-freshsales-users"
    (connector / "secrets").mkdir(parents=True)
    config = connector / "secrets/source.config.json"
    config.write_text(json.dumps(sandbox.config))
    shutil.copy(Path(__file__).with_name("standard_checks.py"), connector / "test_standard.py")
    (connector / "metadata.yaml").write_text("data: {}\n")
    path = "secrets/source.config.json"
    tests = {
        "connection": {"tests": [{"config_path": path, "status": "succeed"}]},
        "discovery": {"tests": [{"config_path": path}]},
        "basic_read": {"tests": [{"config_path": path}]},
        "spec": {"tests": [{"spec_path": "spec.json", "config_path": path}]},
    }
    # JSON is YAML, too.
    (connector / "acceptance-test-config.yml").write_text(
        json.dumps({"connector_image": "airbyte/source-freshsales-users:dev", "acceptance_tests": tests})
    )
    finished = start(
        *(BIN / "python", "-m", "pytest", "-q", "-p", "airbyte_cdk.test.standard_tests.pytest_hooks"),
        *("-m", "not image_tests", "-k", "not image", connector),
        cwd=connector,
    )
    assert finished.returncode == 0, finished.stdout[-6000:] + finished.stderr[-2000:]
    passed = int(finished.stdout.rpartition(" passed")[0].split()[-1])
    assert passed >= 5, finished.stdout[-2000:]
