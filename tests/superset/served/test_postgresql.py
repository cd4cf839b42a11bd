"""A PostgreSQL that the dashboard cannot be put on: one sentence, and no password in it."""

import subprocess
from pathlib import Path

from dashboards.superset.home import ROOT
from tools.superset import ENVIRONMENT
from tools.warehouses import PostgreSQLDatabase


def refusal(warehouse: str, home: Path) -> str:
    finished = subprocess.run(
        [str(ENVIRONMENT / "python"), "-m", "dashboards.superset", "serve", "--home", str(home)],
        cwd=ROOT,
        env={"FRESHSALES_REVIEW_WAREHOUSE": warehouse},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 1
    assert finished.stdout == ""
    assert finished.stderr.startswith("Error: ")
    assert finished.stderr.count("\n") == 1
    return finished.stderr


def test_a_server_that_does_not_answer_is_named_without_the_password(tmp_path: Path) -> None:
    error = refusal("postgresql://reviewer:s3cret@127.0.0.1:1/people", tmp_path)
    assert "PostgreSQL at 127.0.0.1:1 cannot be opened: " in error
    assert "s3cret" not in error


def test_an_address_that_cannot_be_read_is_not_quoted(tmp_path: Path) -> None:
    error = refusal("postgresql://reviewer:s3cret@127.0.0.1:port/people", tmp_path)
    assert "The warehouse URL cannot be read" in error
    assert "s3cret" not in error


def test_a_database_with_no_marts_asks_for_the_pipeline_first(postgresql: str, tmp_path: Path) -> None:
    error = refusal(PostgreSQLDatabase(postgresql).location, tmp_path)
    assert "has no freshsales_identity.access_review, data_quality" in error
    assert "run the pipeline first" in error
