"""What stream maps, flattening, catalogs and BATCH files make of what was read, and what receipts say."""

import gzip
import hashlib
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from freshsales_sandbox.app import Sandbox
from tests.tap.running import Message, Outcome, run_tap
from tests.tap.selecting import deselect, discover
from tests.tap.truth import LISTS, truth_of

KEYS = {"scim_group_members": ("group_id", "member_id")}
FIRST = "str(id)[-1] in '02468'"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=24, quirks="rest-unlisted-fields", quota=None) as sandbox:
        yield sandbox


def run(sandbox: Sandbox, tmp_path: Path, maps: dict[str, Any] | None = None, **settings: Any) -> Outcome:
    catalog = settings.pop("catalog", None)
    config = {**sandbox.config, "page_size": 10, **settings}
    if maps is not None:
        config["stream_maps"] = maps
    return run_tap(config, tmp_path, catalog=catalog)


def population(outcome: Outcome, stream: str, table: str | None = None) -> str:
    """As any warehouse computes it, of what arrives under this name."""
    names = KEYS.get(stream, ("id",))
    keys = ["\t".join(str(record[name]) for name in names) for record in outcome.records[table or stream]]
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()


def said(receipt: Message) -> tuple[bool, str | None]:
    return receipt["is_complete"], receipt["incomplete_reason"]


def assert_tells_what_arrived(outcome: Outcome, streams: tuple[str, ...] = LISTS) -> None:
    for stream in streams:
        receipt = outcome.receipt(stream)
        assert receipt["records_sent"] == len(outcome.records[stream])
        assert receipt["sent_population_sha256"] == population(outcome, stream)


# -- stream maps


def test_without_a_map_what_was_read_was_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    outcome = run(sandbox, tmp_path)
    assert_tells_what_arrived(outcome)
    for stream in LISTS:
        receipt = outcome.receipt(stream)
        assert receipt["records_sent"] == receipt["records"]
        assert receipt["sent_population_sha256"] == receipt["population_sha256"]
        assert receipt["is_complete"]


@pytest.mark.parametrize("rule", ["False", FIRST])
@pytest.mark.parametrize("stream", [name for name in LISTS if name != "scim_group_members"])
def test_a_filtered_stream_cannot_tell_who_is_gone(
    stream: str, rule: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    outcome = run(sandbox, tmp_path, {stream: {"__filter__": rule}}, emit_activate_version_messages=True)
    receipt = outcome.receipt(stream)
    left_out = receipt["records"] - len(outcome.records[stream])
    assert left_out
    assert outcome.exit_code == 0
    assert said(receipt) == (False, f"filtered: {left_out} records were left out by a stream map")
    assert receipt["records"] == len(truth_of(sandbox.directory)[stream])
    assert_tells_what_arrived(outcome)
    activated = {message["stream"] for message in outcome.messages if message["type"] == "ACTIVATE_VERSION"}
    assert stream not in activated, "who was left out would be deleted"
    assert activated >= set(LISTS) - {stream}


def test_filtered_memberships_cannot_tell_who_is_gone(sandbox: Sandbox, tmp_path: Path) -> None:
    outcome = run(sandbox, tmp_path, {"scim_group_members": {"__filter__": "member_type == 'nobody'"}})
    receipt = outcome.receipt("scim_group_members")
    assert receipt["incomplete_reason"].startswith("filtered: ")
    assert outcome.receipt("scim_groups")["is_complete"]
    assert_tells_what_arrived(outcome)


@pytest.mark.parametrize("nothing", [None, "__NULL__"])
def test_a_stream_that_a_map_removes_is_a_filtered_one(
    nothing: str | None, sandbox: Sandbox, tmp_path: Path
) -> None:
    outcome = run(sandbox, tmp_path, {"territories": nothing})
    assert outcome.receipt("territories")["incomplete_reason"].startswith("filtered: ")
    assert outcome.receipt("territories")["records_sent"] == 0
    assert outcome.receipt("owners")["is_complete"]


def test_a_filter_that_leaves_nobody_out_takes_nothing_away(sandbox: Sandbox, tmp_path: Path) -> None:
    outcome = run(sandbox, tmp_path, {"owners": {"__filter__": "True"}})
    assert said(outcome.receipt("owners")) == (True, None)


@pytest.mark.parametrize("stream", LISTS)
def test_a_stream_sent_under_another_name_is_not_there_under_its_own(
    stream: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    outcome = run(sandbox, tmp_path, {stream: {"__alias__": "another"}}, emit_activate_version_messages=True)
    receipt = outcome.receipt(stream)
    assert said(receipt) == (False, "mapped: a stream map sends it as another")
    assert outcome.exit_code == 0
    assert len(outcome.records["another"]) == receipt["records"]
    assert_tells_what_arrived(outcome)
    activated = {message["stream"] for message in outcome.messages if message["type"] == "ACTIVATE_VERSION"}
    assert "another" in activated, "under that name all of it was sent"


def test_a_copy_of_a_stream_is_not_counted(sandbox: Sandbox, tmp_path: Path) -> None:
    outcome = run(sandbox, tmp_path, {"roles": {}, "twins": {"__source__": "roles", "__filter__": FIRST}})
    assert said(outcome.receipt("roles")) == (True, None)
    assert_tells_what_arrived(outcome)


@pytest.mark.parametrize(
    ("column", "expression"),
    [
        ("id", "md5(str(id))"),
        ("account", "'all of them'"),
        ("sync_id", "'20260101T000000000000-00000000'"),
    ],
)
def test_a_changed_key_or_run_cannot_tell_who_is_gone(
    column: str, expression: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    outcome = run(sandbox, tmp_path, {"scim_users": {column: expression}})
    receipt = outcome.receipt("scim_users")
    assert said(receipt) == (False, f"mapped: a stream map changes or leaves out `{column}`")
    assert outcome.exit_code == 0
    assert_tells_what_arrived(outcome)


def test_what_names_no_run_cannot_tell_who_is_gone(sandbox: Sandbox, tmp_path: Path) -> None:
    maps = {"scim_users": {"account": "account", "id": "id", "__else__": None}}
    outcome = run(sandbox, tmp_path, maps)
    reason = "mapped: a stream map changes or leaves out `sync_id`"
    assert said(outcome.receipt("scim_users")) == (False, reason)


def test_a_key_that_is_not_sent_has_no_hash(sandbox: Sandbox, tmp_path: Path) -> None:
    maps = {"owners": {"__key_properties__": ["email"], "id": None}}
    receipt = run(sandbox, tmp_path, maps).receipt("owners")
    assert said(receipt) == (False, "mapped: a stream map changes or leaves out `id`")
    assert receipt["sent_population_sha256"] is None
    assert receipt["records_sent"] == receipt["records"]


@pytest.mark.parametrize(
    "maps", [{"scim_users": {"user_name": "md5(user_name)", "title": None}}, {"owners": {}}]
)
def test_other_columns_may_be_changed(maps: dict[str, Any], sandbox: Sandbox, tmp_path: Path) -> None:
    outcome = run(sandbox, tmp_path, maps)
    assert all(outcome.receipt(stream)["is_complete"] for stream in LISTS)
    assert_tells_what_arrived(outcome)


# -- receipts


RECEIPT_MAPS: list[dict[str, Any]] = [
    {"sync_receipts": None},
    {"sync_receipts": {"__alias__": "another"}},
    {"sync_receipts": {"__filter__": "False"}},
    {"sync_*": {"records": None}},
    {"roles": {}, "__else__": None},
]


@pytest.mark.parametrize("maps", RECEIPT_MAPS, ids=json.dumps)
def test_no_stream_map_stands_between_receipts_and_the_loader(
    maps: dict[str, Any], sandbox: Sandbox, tmp_path: Path
) -> None:
    outcome = run(sandbox, tmp_path, maps)
    whole = run(sandbox, tmp_path)
    assert [set(r) for r in outcome.records["sync_receipts"]] == [
        set(r) for r in whole.records["sync_receipts"]
    ]
    assert ("A stream map names sync_receipts" in outcome.log) is ("roles" not in maps)


def without_receipts(catalog: Message) -> Message:
    return {"streams": [e for e in catalog["streams"] if e["tap_stream_id"] != "sync_receipts"]}


def test_receipts_are_sent_whatever_a_catalog_selects(sandbox: Sandbox, tmp_path: Path) -> None:
    whole = run(sandbox, tmp_path).records["sync_receipts"]
    deselected = discover(sandbox.config, tmp_path, deselect("sync_receipts"))
    left_out = without_receipts(discover(sandbox.config, tmp_path))
    for catalog in (deselected, left_out):
        outcome = run(sandbox, tmp_path, catalog=catalog)
        assert [set(receipt) for receipt in outcome.records["sync_receipts"]] == [set(r) for r in whole]
        assert "The catalog leaves sync_receipts out: they are sent all the same." in outcome.log


def test_every_column_of_receipts_is_sent_whatever_a_catalog_selects(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    whole = run(sandbox, tmp_path).records["sync_receipts"]
    deselected = discover(sandbox.config, tmp_path, deselect("sync_receipts", "properties", "records"))
    left_out = discover(sandbox.config, tmp_path)
    for entry in left_out["streams"]:
        if entry["tap_stream_id"] == "sync_receipts":
            del entry["schema"]["properties"]["records"]
    for catalog in (deselected, left_out):
        outcome = run(sandbox, tmp_path, catalog=catalog)
        assert [set(receipt) for receipt in outcome.records["sync_receipts"]] == [set(r) for r in whole]
        assert "The catalog leaves columns of sync_receipts out (records)" in outcome.log
    assert "leaves columns" not in run(sandbox, tmp_path, catalog=discover(sandbox.config, tmp_path)).log


# -- flattening


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_flattening_keeps_additional_attributes_as_text(depth: int, sandbox: Sandbox, tmp_path: Path) -> None:
    plain = run(sandbox, tmp_path)
    flat = run(sandbox, tmp_path, flattening_enabled=True, flattening_max_depth=depth)
    schemas = {m["stream"]: m["schema"]["properties"] for m in flat.messages if m["type"] == "SCHEMA"}
    for stream in LISTS:
        assert schemas[stream]["additional_attributes"] == {"type": ["string", "null"]}
        for record, whole in zip(flat.records[stream], plain.records[stream], strict=True):
            assert set(record) <= set(schemas[stream])
            text = record["additional_attributes"]
            assert (text and json.loads(text)) == whole["additional_attributes"]
    assert any(record["additional_attributes"] for record in flat.records["owners"])
    assert all(flat.receipt(stream)["is_complete"] for stream in LISTS)


def test_flattening_changes_no_catalog(sandbox: Sandbox, tmp_path: Path) -> None:
    flattening = {"flattening_enabled": True, "flattening_max_depth": 2}
    assert discover({**sandbox.config, **flattening}, tmp_path) == discover(sandbox.config, tmp_path)


# -- BATCH files


def batches(outcome: Outcome) -> list[Path]:
    urls = [url for m in outcome.messages if m["type"] == "BATCH" for url in m["manifest"]]
    return [Path(urlsplit(url).path) for url in urls]


@pytest.mark.parametrize("maps", [None, {"owners": {"__filter__": "False"}}])
def test_batch_files_are_for_the_user_alone_and_counted(
    maps: dict[str, Any] | None, sandbox: Sandbox, tmp_path: Path
) -> None:
    batch = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": f"file://{tmp_path}/batches"},
    }
    (tmp_path / "batches").mkdir()
    outcome = run(sandbox, tmp_path, maps, batch_config=batch)
    files = batches(outcome)
    assert outcome.exit_code == 0, outcome.log
    assert len(files) >= len(LISTS)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    owners = [gzip.decompress(f.read_bytes()).splitlines() for f in files if "--owners-" in f.name]
    receipts = [
        json.loads(line)
        for file in files
        if "--sync_receipts-" in file.name
        for line in gzip.decompress(file.read_bytes()).splitlines()
    ]
    [receipt] = [receipt for receipt in receipts if receipt["stream"] == "owners"]
    assert receipt["records_sent"] == sum(map(len, owners)) == receipt["records"]
    assert receipt["is_complete"]
    assert ("Stream maps and flattening change no BATCH files" in outcome.log) is (maps is not None)
