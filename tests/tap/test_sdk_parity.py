"""The tap's own way to its messages, against the SDK's way: the same run, message by message."""

import gzip
import itertools
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from freshsales_sandbox.app import Sandbox
from tap_freshsales_users.singer.sdk import PageStream
from tests.tap.plain_sdk import comparable, run_both
from tests.tap.running import Message, Outcome, run_tap
from tests.tap.selecting import Change, deselect, discover, incremental
from tests.tap.truth import LISTS, truth_of

Config = dict[str, Any]

MAPS: dict[str, Config] = {
    "as it comes": {},
    "rename a stream": {"stream_maps": {"scim_users": {"__alias__": "people"}}},
    "rename the memberships": {"stream_maps": {"scim_group_members": {"__alias__": "members"}}},
    "filter": {"stream_maps": {"scim_users": {"__filter__": "not active"}}},
    "filter to nothing": {"stream_maps": {"owners": {"__filter__": "False"}}},
    "compute a column": {"stream_maps": {"scim_users": {"mail_host": "user_name.split('@')[-1]"}}},
    "remove columns": {"stream_maps": {"scim_users": {"title": None, "emails": None}}},
    "keep only what is named": {
        "stream_maps": {
            "scim_users": {"account": "account", "id": "id", "name": "user_name", "__else__": None}
        }
    },
    "hash": {
        "stream_maps": {"scim_users": {"user_name": "md5(config['hash_seed'] + user_name)"}},
        "stream_map_config": {"hash_seed": "salt"},
    },
    "double a stream": {"stream_maps": {"roles": {}, "twins": {"__source__": "roles"}}},
    "leave a stream out": {"stream_maps": {"territories": "__NULL__"}},
    "leave all other streams out": {"stream_maps": {"roles": {}, "__else__": "__NULL__"}},
    "another key": {"stream_maps": {"roles": {"__key_properties__": ["id"]}}},
    "flatten": {"flattening_enabled": True, "flattening_max_depth": 2},
    "flatten nothing": {"flattening_enabled": True, "flattening_max_depth": 0},
    "map and flatten": {
        "flattening_enabled": True,
        "flattening_max_depth": 1,
        "stream_maps": {"scim_groups": {"__alias__": "teams", "size": "member_count or 0"}},
    },
    "versions": {"emit_activate_version_messages": True},
    "versions under another name": {
        "emit_activate_version_messages": True,
        "stream_maps": {
            "scim_users": {"__alias__": "people"},
            "scim_group_members": {"__alias__": "members"},
        },
    },
    "one page at a time": {"max_in_flight": 1, "page_size": 3},
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    # Shapes that need shaping: attributes nobody names, and bare managers.
    quirks = ("scim-unknown-extension", "rest-unlisted-fields", "scim-bare-manager")
    with Sandbox(people=30, quirks=quirks, quota=None) as sandbox:
        yield sandbox


@pytest.fixture
def config(sandbox: Sandbox) -> Config:
    return {**sandbox.config, "page_size": 10}


def assert_same(own: Outcome, plain: Outcome) -> None:
    assert (own.exit_code, plain.exit_code) == (0, 0), own.log + plain.log
    nothing: Message = {}
    for mine, theirs in itertools.zip_longest(in_order(own), in_order(plain), fillvalue=nothing):
        assert mine == theirs
    assert counts(own) == counts(plain)


def in_order(outcome: Outcome) -> list[Message]:
    """The messages, those of memberships apart: the SDK writes one stream after another, a read all at once.

    A state that tells nothing new is left out: which of them there are rests on that order.
    """
    aliases = ("scim_group_members", "members")
    apart = [comparable(m) for m in outcome.messages if m.get("stream") in aliases]
    others, known = [], None
    for message in map(comparable, outcome.messages):
        told = {name: held for name, held in message.get("value", {}).get("bookmarks", {}).items() if held}
        if message["type"] == "STATE" and told == known:
            continue
        if message["type"] == "STATE":
            known = told
            message["value"] = {"bookmarks": told}
        if message.get("stream") not in aliases:
            others.append(message)
    return others + apart


def counts(outcome: Outcome) -> list[tuple[str, int]]:
    """The record counts in the SDK's own metrics, in order."""
    found = []
    for line in outcome.log.splitlines():
        if "METRIC" in line and '"record_count"' in line:
            metric = json.loads(line[line.index("{") :])
            found.append((metric["tags"]["stream"], int(metric["value"])))
    return found


@pytest.mark.parametrize("case", MAPS)
def test_the_messages_are_those_of_the_sdk(
    case: str, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, plain = run_both(config | MAPS[case], tmp_path, monkeypatch)
    assert_same(own, plain)
    if "stream_maps" not in MAPS[case]:
        assert all(own.records[name] for name in LISTS)


def test_every_stream_has_its_record_count(config: Config, tmp_path: Path) -> None:
    outcome = run_tap(config, tmp_path)
    assert sorted(counts(outcome)) == sorted((name, len(rows)) for name, rows in outcome.records.items())


# -- catalogs


def fewer_columns(entry: Message) -> None:
    properties = entry["schema"]["properties"]
    for name in ("title", "emails", "additional_attributes", "phone", "members"):
        properties.pop(name, None)


def described_within(entry: Message) -> None:
    """A catalog may describe what is in a JSON column, and leave a part of it out."""
    if entry["tap_stream_id"] == "owners":
        column = entry["schema"]["properties"]["additional_attributes"]
        kinds_within = {"beta": "object", "job_title": "string"}
        column["properties"] = {name: {"type": [kind, "null"]} for name, kind in kinds_within.items()}
        deselect("owners", "properties", "additional_attributes", "properties", "beta")(entry)


CATALOGS: dict[str, Change] = {
    "as discovered": lambda _entry: None,
    "a column deselected": deselect("scim_users", "properties", "title"),
    "the JSON column deselected": deselect("scim_users", "properties", "additional_attributes"),
    "a column of memberships deselected": deselect("scim_group_members", "properties", "member_display"),
    "a stream deselected": deselect("owners"),
    "groups deselected, memberships not": deselect("scim_groups"),
    "receipts deselected": deselect("sync_receipts"),
    "fewer columns": fewer_columns,
    "a part of a JSON column deselected": described_within,
}


@pytest.mark.parametrize("case", CATALOGS)
def test_a_catalog_selects_as_it_does_in_the_sdk(
    case: str, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = discover(config, tmp_path, CATALOGS[case])
    own, plain = run_both(config, tmp_path, monkeypatch, catalog=catalog)
    assert_same(own, plain)


def test_a_deselected_column_is_in_no_record_and_no_schema(config: Config, tmp_path: Path) -> None:
    catalog = discover(config, tmp_path, deselect("scim_users", "properties", "title"))
    outcome = run_tap(config, tmp_path, catalog=catalog)
    assert all("title" not in record for record in outcome.records["scim_users"])
    [schema] = [m for m in outcome.messages if m["type"] == "SCHEMA" and m["stream"] == "scim_users"]
    assert "title" not in schema["schema"]["properties"]


def test_a_part_of_a_json_column_can_be_left_out(config: Config, tmp_path: Path) -> None:
    whole = run_tap(config, tmp_path)
    catalog = discover(config, tmp_path, described_within)
    outcome = run_tap(config, tmp_path, catalog=catalog)
    assert all("beta" in record["additional_attributes"] for record in whole.records["owners"])
    assert all("beta" not in record["additional_attributes"] for record in outcome.records["owners"])
    assert all("is_forgotten" in record["additional_attributes"] for record in outcome.records["owners"])


# -- BATCH


def batches(folder: Path, size: int) -> Config:
    return {
        "batch_config": {
            "encoding": {"format": "jsonl", "compression": "gzip"},
            "storage": {"root": folder.as_uri(), "prefix": ""},
            "batch_size": size,
        }
    }


def batched(outcome: Outcome) -> dict[str, list[list[Message]]]:
    """The records of each file, by stream, in the order of the messages."""
    files = defaultdict(list)
    for message in outcome.messages:
        if message["type"] == "BATCH":
            for url in message["manifest"]:
                with gzip.open(urlsplit(url).path, "rt") as file:
                    files[message["stream"]].append([json.loads(line) for line in file])
    return files


def test_batch_files_hold_what_the_sdk_writes(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "batches"
    folder.mkdir()
    own, plain = run_both(config | batches(folder, 7), tmp_path, monkeypatch)
    assert own.exit_code == plain.exit_code == 0
    mine, theirs = batched(own), batched(plain)
    mine.pop("sync_receipts")
    theirs.pop("sync_receipts")
    assert mine == theirs
    assert set(mine) == {*LISTS, "profile"}
    shapes = [[without_manifest(m) for m in in_order(run)] for run in (own, plain)]
    assert shapes[0] == shapes[1]
    assert not own.records, "a record went out beside the files"


def without_manifest(message: Message) -> Message:
    return {name: value for name, value in message.items() if name != "manifest"}


def test_batch_files_hold_the_whole_truth_memberships_included(
    sandbox: Sandbox, config: Config, tmp_path: Path
) -> None:
    folder = tmp_path / "batches"
    folder.mkdir()
    outcome = run_tap(config | batches(folder, 7), tmp_path)
    truth = truth_of(sandbox.directory)
    for name, files in batched(outcome).items():
        assert all(len(file) <= 7 for file in files)
        if name in truth:
            keys = ("group_id", "member_id") if name == "scim_group_members" else ("id",)
            rows = [tuple(record[key] for key in keys) for file in files for record in file]
            assert len(rows) == len(set(rows))
            assert set(rows) == truth[name]


# -- versions


def kinds(outcome: Outcome, stream: str) -> list[str]:
    return [message["type"] for message in outcome.messages if message.get("stream") == stream]


@pytest.mark.parametrize("stream", LISTS)
def test_activate_version_comes_last_with_the_version_of_the_records(
    stream: str, config: Config, tmp_path: Path
) -> None:
    outcome = run_tap(config | {"emit_activate_version_messages": True}, tmp_path)
    said = kinds(outcome, stream)
    assert said.count("ACTIVATE_VERSION") == 1
    assert said[-1] == "ACTIVATE_VERSION"
    versions = {m["version"] for m in outcome.messages if m.get("stream") == stream and "version" in m}
    assert len(versions) == 1


def test_activate_version_comes_after_the_last_batch(config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "batches"
    folder.mkdir()
    outcome = run_tap(config | batches(folder, 7) | {"emit_activate_version_messages": True}, tmp_path)
    for stream in LISTS:
        said = kinds(outcome, stream)
        assert "BATCH" in said
        assert said[-1] == "ACTIVATE_VERSION"


def test_activate_version_carries_the_name_that_a_map_gave(config: Config, tmp_path: Path) -> None:
    outcome = run_tap(config | MAPS["versions under another name"], tmp_path)
    activated = [m["stream"] for m in outcome.messages if m["type"] == "ACTIVATE_VERSION"]
    assert {"people", "members"} <= set(activated)
    assert not {"scim_users", "scim_group_members"} & set(activated)


def test_no_version_is_activated_of_a_stream_that_was_not_read_whole(tmp_path: Path) -> None:
    with Sandbox(people=30, quirks="scim-total-too-high", faults="403@owners:2x*") as sandbox:
        config = {**sandbox.config, "page_size": 10, "emit_activate_version_messages": True}
        outcome = run_tap(config, tmp_path)
    activated = {m["stream"] for m in outcome.messages if m["type"] == "ACTIVATE_VERSION"}
    assert activated == {"profile", "roles", "territories", "teams", "sync_receipts"}
    assert outcome.records["owners"], "what was read before the failure is delivered"


def test_no_version_is_spoken_of_where_it_was_not_asked_for(config: Config, tmp_path: Path) -> None:
    outcome = run_tap(config, tmp_path)
    assert all("version" not in message for message in outcome.messages)


# -- STATE


@pytest.fixture
def dated(tmp_path: Path) -> Iterator[tuple[Config, Message]]:
    """Users who were modified in the order of the list, so that every page moves the bookmark."""
    with Sandbox(people=30, quota=None) as sandbox:
        for person in sandbox.directory.users():
            sandbox.directory.change(person, title="Renamed")
        config = {**sandbox.config, "page_size": 5}
        yield config, discover(config, tmp_path, incremental)


def test_state_never_comes_before_the_records_that_it_tells_of(
    dated: tuple[Config, Message], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, catalog = dated
    monkeypatch.setattr(PageStream, "STATE_MSG_FREQUENCY", 10)
    outcome = run_tap(config, tmp_path, catalog=catalog)
    since, spans, latest = 0, [], ""
    for message in outcome.messages:
        if message.get("stream") == "scim_users" and message["type"] == "RECORD":
            since += 1
            latest = max(latest, message["record"]["last_modified_at"])
        elif message["type"] == "STATE" and since:
            bookmark = message["value"]["bookmarks"]["scim_users"]
            assert bookmark["progress_markers"]["replication_key_value"] == latest
            spans.append(since)
            since = 0
        elif message.get("stream") == "scim_groups":
            break
    assert sum(spans) == len(outcome.records["scim_users"])
    assert len(spans) > 1
    assert all(10 <= span < 10 + 5 for span in spans[:-1])


def test_the_state_of_an_incremental_read_is_that_of_the_sdk(
    dated: tuple[Config, Message], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, catalog = dated
    own, plain = run_both(config, tmp_path, monkeypatch, catalog=catalog)
    said = [[m for m in in_order(run) if m["type"] != "STATE"] for run in (own, plain)]
    assert said[0] == said[1]
    assert own.state == plain.state
    assert own.state["bookmarks"]["scim_users"]["replication_key"] == "last_modified_at"
