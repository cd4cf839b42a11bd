"""What is selected, by default and by a catalog, and what is said of a catalog that is wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from freshsales_sandbox.app import Sandbox
from tests.tap.running import Message, run_tap
from tests.tap.selecting import deselect, discover, metadata_of, select
from tests.tap.truth import truth_of

REST = {"profile", "owners", "roles", "territories", "teams"}
SCIM = {"scim_users", "scim_groups", "scim_group_members"}
RECEIPTS = {"sync_receipts"}
# In every catalog, and selected: a setting says whether it is read.
OWNED = {"owned_records"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=20, quota=None) as sandbox:
        yield sandbox


def selected(catalog: Message) -> set[str]:
    return {e["tap_stream_id"] for e in catalog["streams"] if metadata_of(e)["selected"]}


@pytest.mark.parametrize("config", [{}, {"domain": "acme"}], ids=["nothing", "domain"])
def test_discovered_with_no_credential_every_stream_is_there_and_selected(
    config: dict[str, str], tmp_path: Path
) -> None:
    catalog = discover(config, tmp_path)
    assert {entry["tap_stream_id"] for entry in catalog["streams"]} == REST | SCIM | OWNED | RECEIPTS
    assert selected(catalog) == REST | SCIM | OWNED | RECEIPTS


def test_discovery_sends_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    before = len(sandbox.requests)
    discover(sandbox.config, tmp_path)
    assert len(sandbox.requests) == before


@pytest.mark.parametrize(
    ("missing", "streams"),
    [("scim_token", REST | OWNED), ("api_key", SCIM)],
    ids=["REST alone", "SCIM alone"],
)
def test_streams_whose_credential_is_missing_are_deselected_by_default(
    missing: str, streams: set[str], sandbox: Sandbox, tmp_path: Path
) -> None:
    config = {name: value for name, value in sandbox.config.items() if name != missing}
    assert selected(discover(config, tmp_path)) == streams | RECEIPTS
    outcome = run_tap(config, tmp_path)
    assert outcome.exit_code == 0
    assert set(outcome.records) == streams - OWNED | RECEIPTS
    assert {receipt["stream"] for receipt in outcome.records["sync_receipts"]} == streams - OWNED


@pytest.mark.parametrize(
    ("missing", "stream"),
    [("scim_token", "scim_users"), ("scim_token", "scim_group_members"), ("api_key", "roles")],
)
def test_a_selected_stream_without_its_credential_is_an_error(
    missing: str, stream: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    config = {name: value for name, value in sandbox.config.items() if name != missing}
    catalog = discover(config, tmp_path, select(stream))
    before = len(sandbox.requests)
    outcome = run_tap(config, tmp_path, catalog=catalog)
    assert outcome.exit_code == 78
    assert f"Stream {stream} is selected, but `{missing}` is not set. Set `{missing}`" in outcome.log
    assert "Traceback" not in outcome.log
    assert not outcome.messages
    assert len(sandbox.requests) == before


def test_a_catalog_made_without_credentials_reads_everything_with_them(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    catalog = discover({}, tmp_path)
    outcome = run_tap(sandbox.config, tmp_path, catalog=catalog)
    assert outcome.exit_code == 0
    for name, truth in truth_of(sandbox.directory).items():
        assert set(outcome.keys(name)) == truth


def test_a_deselected_stream_is_asked_for_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    catalog = discover(sandbox.config, tmp_path, *(deselect(name) for name in (REST | SCIM) - {"roles"}))
    before = len(sandbox.requests)
    outcome = run_tap(sandbox.config, tmp_path, catalog=catalog)
    assert outcome.exit_code == 0
    assert set(outcome.records) == {"roles"} | RECEIPTS
    assert {asked.path.rpartition("/")[2] for asked in sandbox.requests[before:]} == {"roles"}


def test_an_unknown_stream_is_warned_about_by_name_and_the_rest_runs(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    catalog = discover(sandbox.config, tmp_path)
    catalog["streams"].append(catalog["streams"][0] | {"tap_stream_id": "onwers", "stream": "onwers"})
    outcome = run_tap(sandbox.config, tmp_path, catalog=catalog)
    assert outcome.exit_code == 0
    assert "The catalog names a stream that does not exist: onwers." in outcome.log
    assert set(outcome.keys("owners")) == truth_of(sandbox.directory)["owners"]


def test_an_unknown_column_is_warned_about_by_name_and_is_in_no_record(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    def misspell(entry: Message) -> None:
        if entry["tap_stream_id"] == "owners":
            entry["schema"]["properties"]["e_mail"] = {"type": ["string", "null"]}

    catalog = discover(sandbox.config, tmp_path, misspell)
    outcome = run_tap(sandbox.config, tmp_path, catalog=catalog)
    assert outcome.exit_code == 0
    assert outcome.log.count("The catalog names a column that does not exist: owners.e_mail.") == 1
    assert all("e_mail" not in record for record in outcome.records["owners"])


def test_a_whole_catalog_is_warned_about_nowhere(sandbox: Sandbox, tmp_path: Path) -> None:
    outcome = run_tap(sandbox.config, tmp_path, catalog=discover({}, tmp_path))
    assert "The catalog names" not in outcome.log


def test_keys_are_not_deselected(sandbox: Sandbox, tmp_path: Path) -> None:
    def without_key(entry: Message) -> None:
        if entry["tap_stream_id"] == "roles":
            metadata_of(entry, "properties", "id")["selected"] = False

    catalog = discover(sandbox.config, tmp_path, without_key)
    outcome = run_tap(sandbox.config, tmp_path, catalog=catalog)
    assert set(outcome.keys("roles")) == truth_of(sandbox.directory)["roles"]


@pytest.mark.parametrize("key", ["account", "id", "group_id", "member_id", "sync_id"])
def test_a_catalog_whose_schemas_lack_a_key_is_read_all_the_same(
    key: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    def drop(entry: Message) -> None:
        entry["schema"]["properties"].pop(key, None)

    outcome = run_tap(sandbox.config, tmp_path, catalog=discover(sandbox.config, tmp_path, drop))
    assert outcome.exit_code == 0
    assert all(receipt["is_complete"] for receipt in outcome.records["sync_receipts"])


@pytest.mark.parametrize("flag", ["is_active", "id", "display_name"])
def test_a_receipt_counts_the_same_whatever_columns_are_selected(
    flag: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    whole = run_tap(sandbox.config, tmp_path).receipt("owners")
    catalog = discover(sandbox.config, tmp_path, deselect("owners", "properties", flag))
    receipt = run_tap(sandbox.config, tmp_path, catalog=catalog).receipt("owners")
    for name in ("records", "population_sha256", "is_complete"):
        assert receipt[name] == whole[name]
    assert receipt["inactive_records"] == (None if flag == "is_active" else 0)


@pytest.mark.parametrize("catalog", ["[]", "{}", '{"streams": 3}', '{"streams": [3]}', "{", '"text"', "null"])
def test_a_catalog_that_is_none_is_a_sentence(catalog: str, sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text(catalog)
    before = len(sandbox.requests)
    outcome = run_tap(sandbox.config, tmp_path, "--catalog", str(path))
    assert outcome.exit_code == 78
    assert "catalog" in outcome.log
    assert "Traceback" not in outcome.log
    assert len(sandbox.requests) == before


def test_no_selection_leaves_out_which_run_read_a_row(sandbox: Sandbox, tmp_path: Path) -> None:
    catalog = discover(sandbox.config, tmp_path)
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if item["breadcrumb"] == ["properties", "sync_id"]:
                item["metadata"] = {"inclusion": "available", "selected": False}
    outcome = run_tap(sandbox.config, tmp_path, catalog=catalog)
    schemas = [message["schema"] for message in outcome.messages if message["type"] == "SCHEMA"]
    assert all("sync_id" in schema["properties"] for schema in schemas)
    assert all(record["sync_id"] for records in outcome.records.values() for record in records)


def test_a_schema_without_the_run_is_warned_about(sandbox: Sandbox, tmp_path: Path) -> None:
    catalog = discover(sandbox.config, tmp_path)
    for entry in catalog["streams"]:
        del entry["schema"]["properties"]["sync_id"]
    outcome = run_tap(sandbox.config, tmp_path, catalog=catalog)
    assert "The catalog leaves owners.sync_id out: the warehouse cannot tell who is gone." in outcome.log
