"""The tap's messages behind every loader that runs: each keeps every value, in whatever shape it keeps it."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from werkzeug import Request, Response

from freshsales_sandbox.app import Sandbox
from tests.pipeline import reading
from tests.pipeline.commands import REVIEW, TAP, load, messages, start
from tests.pipeline.reading import Rows, assert_same, typed
from tests.pipeline.truth import assert_owned, truth
from tests.pipeline.warehouses import Warehouse
from tests.tap.answering import AnsweringServer, json_answer

# What CSV, SQL, JSON, Jinja, a spreadsheet or a terminal gives a meaning to.
AWKWARD = (
    *(
        ",",
        ";",
        "|",
        "\t",
        '"',
        "'",
        "''",
        '""',
        "\\",
        "\\N",
        "\n",
        "\r\n",
        "\u2028",
        "--",
        "%s",
        "$1",
        "${HOME}",
    ),
    *(
        "NULL",
        "null",
        "None",
        "NaN",
        "true",
        "00123",
        "2026-01-05",
        "{}",
        "[]",
        "{{ x }}",
        "id,name",
        "=cmd()",
    ),
    *("</script>", " padded ", "Zoë", "李小龙", "مريم", "👩\u200d💻", "e\u0301", "\u200b", "a" * 5_000),
)


def test_the_loaders_of_the_pipeline_keep_every_row_and_awkward_text(
    sandbox: Sandbox, warehouse: Warehouse, tmp_path: Path
) -> None:
    for person, text in zip(sandbox.directory.people, itertools.cycle(AWKWARD), strict=False):
        sandbox.directory.change(person, given_name=text, display_name=text, title=text, department=text)
    loaded = load(warehouse.loader, messages(sandbox, OWNED_RECORDS="all"), warehouse.location, tmp_path)
    assert loaded.returncode == 0, loaded.stderr
    assert_same(warehouse.rows, truth(sandbox))
    assert_owned(typed(warehouse.rows("owned_records"), "owned_records"), sandbox)


def read_scim(user: dict[str, Any], group: dict[str, Any]) -> str:
    """What the tap writes of one user and one group."""

    def answer(request: Request) -> Response:
        resource = user if request.path.endswith("/Users") else group
        return json_answer(json.dumps({"totalResults": 1, "Resources": [resource]}))

    with AnsweringServer(answer) as server:
        settings = {"DOMAIN": "acme", "SCIM_TOKEN": "token", "SCIM_API_URL": server.url}
        read = start(
            [TAP, "--config=ENV"],
            environment={f"TAP_FRESHSALES_USERS_{name}": value for name, value in settings.items()},
            cwd=Path("/"),
        )
    assert read.returncode == 0, read.stderr
    return read.stdout


def test_a_database_in_sql_ascii_keeps_names_in_any_script(postgresql: str, tmp_path: Path) -> None:
    with psycopg.connect(postgresql, autocommit=True) as connection:
        name = f"ascii_{uuid4().hex}"
        connection.execute(
            f"create database {name} encoding 'SQL_ASCII' locale 'C' template template0".encode()
        )
    location = postgresql.replace("/postgres?", f"/{name}?client_encoding=UTF8&")
    # In a cell of JSON the database refuses such a name, since the loader writes it as an escape.
    user = {"id": "1", "userName": "zoë", "displayName": "李小龙"}
    group = {"id": "g", "displayName": "مريم", "members": [{"value": "1"}]}
    loaded = load("meltanolabs-target-postgres", read_scim(user, group), location, tmp_path)
    assert loaded.returncode == 0, loaded.stderr
    [row] = reading.from_postgresql(location, "scim_users")
    assert (row["user_name"], row["display_name"]) == ("zoë", "李小龙")
    [row] = reading.from_postgresql(location, "scim_group_members")
    assert (row["group_display_name"], row["member_id"]) == ("مريم", "1")
    verified = start([REVIEW, "verify", "--landing", location])
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_huge_group_and_a_large_photo_are_loaded_with_every_membership(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    ids = [f"{number:036d}" for number in range(12_500)]
    group = {"id": "g", "members": [{"value": name, "display": f"Zoë {name}"} for name in ids]}
    user = {"id": ids[0], "userName": "ann@x.example", "photo": "x" * 3_000_000}
    loaded = load(warehouse.loader, read_scim(user, group), warehouse.location, tmp_path)
    assert loaded.returncode == 0, loaded.stderr
    assert sorted(row["member_id"] for row in warehouse.rows("scim_group_members")) == ids
    [row] = warehouse.rows("scim_groups")
    assert (row["member_count"], row["members"]) == (len(ids), None)
    [row] = warehouse.rows("scim_users")
    assert (row["user_name"], row["additional_attributes"]) == ("ann@x.example", None)


def test_pipelinewise_target_postgres_keeps_every_row(
    sandbox: Sandbox, database: str, tmp_path: Path
) -> None:
    loaded = load("pipelinewise-target-postgres", messages(sandbox, OWNED_RECORDS="all"), database, tmp_path)
    assert loaded.returncode == 0, loaded.stderr
    assert_same(lambda stream: reading.from_postgresql(database, stream), truth(sandbox))
    assert_owned(typed(reading.from_postgresql(database, "owned_records"), "owned_records"), sandbox)


@pytest.mark.parametrize(
    ("loader", "read"), [("target-jsonl", reading.from_jsonl), ("meltanolabs-target-csv", reading.from_csv)]
)
def test_a_loader_into_text_files_keeps_every_row(
    loader: str, read: Callable[[Path, str], Rows], sandbox: Sandbox, tmp_path: Path
) -> None:
    loaded = load(loader, messages(sandbox, OWNED_RECORDS="all"), str(tmp_path), tmp_path)
    assert loaded.returncode == 0, loaded.stderr
    assert_same(lambda stream: read(tmp_path, stream), truth(sandbox))
    assert_owned(typed(read(tmp_path, "owned_records"), "owned_records"), sandbox)


def test_verify_catches_the_loader_that_drops_the_first_row_of_a_batch(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    loaded = load("target-duckdb-unpinned", messages(sandbox), str(warehouse), tmp_path)
    assert loaded.returncode == 0, loaded.stderr
    verified = start([REVIEW, "verify", "--landing", warehouse], environment={"COLUMNS": "200"})
    assert verified.returncode == 1
    assert "1 rows are missing" in verified.stdout
