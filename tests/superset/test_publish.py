import socket
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from dashboards.superset.__main__ import main
from dashboards.superset.home import Home
from dashboards.superset.publish import SCHEMA, publish
from freshsales_review.report.queries import MARTS
from tools import marts
from tools.warehouses import DuckDBFile

PEOPLE = f"select count(*) from {SCHEMA}.identities"
HOLD_OPEN = (
    "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
)


@pytest.fixture
def company(tmp_path: Path) -> DuckDBFile:
    warehouse = DuckDBFile(tmp_path / "warehouse.duckdb")
    warehouse.execute(*marts.create(), *marts.company(20), "create table raw_people as select 1 as id")
    return warehouse


def refusal(command: str, home: Path, warehouse: object) -> str:
    arguments = [command, "--warehouse", str(warehouse), "--home", str(home)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.mark.parametrize("command", ["serve", "publish"])
def test_no_warehouse_is_one_sentence_and_exit_code_1(tmp_path: Path, command: str) -> None:
    error = refusal(command, tmp_path / "home", tmp_path / "none.duckdb")
    assert "There is no warehouse at" in error
    assert "run the pipeline first" in error


@pytest.mark.parametrize("command", ["serve", "publish"])
def test_a_warehouse_with_no_marts_is_one_sentence_and_exit_code_1(tmp_path: Path, command: str) -> None:
    duckdb.connect(str(tmp_path / "raw.duckdb")).close()
    error = refusal(command, tmp_path / "home", tmp_path / "raw.duckdb")
    assert "has no freshsales_identity.access_review, data_quality" in error
    assert not Home(tmp_path / "home").published.exists()


def test_a_file_that_is_no_warehouse_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no database")
    assert "cannot be opened as a DuckDB file" in refusal("serve", tmp_path / "home", tmp_path / "notes.txt")


def test_another_kind_of_warehouse_is_refused_without_its_password(tmp_path: Path) -> None:
    assert "secret" not in refusal("serve", tmp_path / "home", "mysql://reviewer:secret@localhost/people")


def test_a_port_that_is_taken_is_refused_before_anything_is_set_up(
    company: DuckDBFile, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        arguments = ["serve", "--warehouse", company.location, "--home", str(tmp_path / "home")]
        result = CliRunner().invoke(main, [*arguments, "--port", str(port)])
    assert result.exit_code == 1
    assert f"Port {port}" in result.stderr


def test_a_locked_warehouse_is_named_and_the_earlier_copy_stays(company: DuckDBFile, tmp_path: Path) -> None:
    published = tmp_path / "marts.duckdb"
    publish(Path(company.location), published)
    writer = subprocess.Popen(
        [sys.executable, "-c", HOLD_OPEN, company.location],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "held\n"
        assert "held open by another process" in refusal("publish", tmp_path / "home", company.location)
    assert DuckDBFile(published).fetch(PEOPLE) == [(20,)]


def test_the_loader_can_write_while_the_dashboard_reads_its_copy(company: DuckDBFile, tmp_path: Path) -> None:
    published = tmp_path / "marts.duckdb"
    publish(Path(company.location), published)
    with duckdb.connect(str(published), read_only=True) as dashboard:
        company.execute(f"delete from {SCHEMA}.identities where title = 'Title 1'")
        publish(Path(company.location), published)
        assert dashboard.execute(PEOPLE).fetchall() == [(20,)]
    assert DuckDBFile(published).fetch(PEOPLE) == [(19,)]


def test_the_copy_holds_the_marts_alone_and_is_its_owners_alone(company: DuckDBFile, tmp_path: Path) -> None:
    published = tmp_path / "it's.duckdb"
    publish(Path(company.location), published)
    tables = "select table_schema, table_name from information_schema.tables order by 2"
    assert DuckDBFile(published).fetch(tables) == [(SCHEMA, mart) for mart in MARTS]
    assert stat.S_IMODE(published.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["it's.duckdb", "warehouse.duckdb"]


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    home, other = Home(tmp_path / "home"), Home(tmp_path / "other")
    login = home.open()
    assert home.open() == login
    assert other.open().password != login.password
    assert stat.S_IMODE(home.keys.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700
