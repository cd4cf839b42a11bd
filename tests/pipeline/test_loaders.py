"""The tap's messages behind every loader that runs: each keeps every value, in whatever shape it keeps it."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from freshsales_sandbox.app import Sandbox
from tests.pipeline import reading
from tests.pipeline.commands import REVIEW, load, messages, start
from tests.pipeline.reading import Rows, assert_same
from tests.pipeline.truth import truth
from tests.pipeline.warehouses import Warehouse

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
    loaded = load(warehouse.loader, messages(sandbox), warehouse.location, tmp_path)
    assert loaded.returncode == 0, loaded.stderr
    assert_same(warehouse.rows, truth(sandbox))


def test_pipelinewise_target_postgres_keeps_every_row(
    sandbox: Sandbox, database: str, tmp_path: Path
) -> None:
    loaded = load("pipelinewise-target-postgres", messages(sandbox), database, tmp_path)
    assert loaded.returncode == 0, loaded.stderr
    assert_same(lambda stream: reading.from_postgresql(database, stream), truth(sandbox))


@pytest.mark.parametrize(
    ("loader", "read"), [("target-jsonl", reading.from_jsonl), ("meltanolabs-target-csv", reading.from_csv)]
)
def test_a_loader_into_text_files_keeps_every_row(
    loader: str, read: Callable[[Path, str], Rows], sandbox: Sandbox, tmp_path: Path
) -> None:
    loaded = load(loader, messages(sandbox), str(tmp_path), tmp_path)
    assert loaded.returncode == 0, loaded.stderr
    assert_same(lambda stream: read(tmp_path, stream), truth(sandbox))


def test_verify_catches_the_loader_that_drops_the_first_row_of_a_batch(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    loaded = load("target-duckdb-unpinned", messages(sandbox), str(warehouse), tmp_path)
    assert loaded.returncode == 0, loaded.stderr
    verified = start([REVIEW, "verify", "--landing", warehouse], environment={"COLUMNS": "200"})
    assert verified.returncode == 1
    assert "1 rows are missing" in verified.stdout
