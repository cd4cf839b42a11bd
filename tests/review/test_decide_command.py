"""`freshsales-review decide` on a warehouse, with files of any kind: never a traceback, never half a file."""

import csv
import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freshsales_review.cli import main
from freshsales_review.decisions.sheet import COLUMNS
from tools import marts
from tools.warehouses import DuckDBFile, Filled, PostgreSQLDatabase

MARTS = "freshsales_identity"
Cells = dict[str, str]
HOLD_OPEN = (
    "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
)


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """A company with its history; whatever was decided stays for the next example."""
    warehouse: Filled = (
        DuckDBFile(tmp_path_factory.mktemp("decided") / "warehouse.duckdb")
        if request.param == "duckdb"
        else PostgreSQLDatabase(request.getfixturevalue("postgresql"))
    )
    warehouse.execute(*marts.create(), *marts.company(8), *marts.history())
    return warehouse


def exported(warehouse: Filled) -> list[Cells]:
    """Every row that the report exports, with nothing decided."""
    read = f"""
        select sync_id, population_sha256 from {MARTS}.data_quality
        where sync_id = last_complete_sync_id and stream = 'scim_users' order by sync_id desc limit 1
    """
    rows = warehouse.fetch(
        f"select subject.*, sync_id, population_sha256 from ("
        f"select account, identity_key, '' as grant_key from {MARTS}.identities "
        "where crm_status is not null or scim_status is not null "
        f"union all select account, identity_key, grant_key from {MARTS}.identity_entitlements"
        f") as subject cross join ({read}) as latest order by 2, 3"
    )
    names = ("account", "identity_key", "grant_key", "sync_id", "population_sha256")
    answers = {"decision": "keep", "reviewer": "head@x", "note": "", "decided_at": ""}
    return [{**dict(zip(names, row, strict=True)), **answers} for row in rows]


def saved(rows: list[Cells], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


def decide(warehouse: Filled, path: Path, campaign: str = "2026-Q4") -> Result:
    options = ["--max-age-days", "36500", "--campaign", campaign, "--warehouse", warehouse.location]
    return CliRunner().invoke(main, ["decide", *options, str(path)])


def decided(warehouse: Filled) -> list[tuple[str, ...]]:
    """Everything in the table of decisions, and who has a campaign."""
    there = "select 1 from information_schema.tables where table_name = 'review_decisions'"
    if not warehouse.fetch(there):
        return []
    return warehouse.fetch(
        "select campaign, identity_key, coalesce(grant_key, '') "
        "from freshsales_decisions.review_decisions order by 1, 2, 3"
    ) + warehouse.fetch("select campaign, account from freshsales_decisions.campaigns order by 1, 2")


changes = st.dictionaries(
    st.sampled_from(COLUMNS),
    st.one_of(
        st.sampled_from(
            ["", "keep", "REVOKE", "change", "perhaps", "person-1", "'=1", '"', "\x00", "\ud800", "9/9/99"]
        ),
        st.text(max_size=6),
    ),
    max_size=2,
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    places=st.lists(st.integers(0, 20), min_size=1, max_size=5),
    changed=st.lists(changes, min_size=5, max_size=5),
    delimiter=st.sampled_from(",;\t|"),
    cut=st.one_of(st.none(), st.integers(0, 900)),
    campaign=st.sampled_from(["2026-Q4", "2027-Q1"]),
)
def test_a_file_is_taken_whole_or_not_at_all(
    filled: Filled,
    tmp_path: Path,
    *,
    places: list[int],
    changed: list[Cells],
    delimiter: str,
    cut: int | None,
    campaign: str,
) -> None:
    rows = exported(filled)
    chosen = [rows[place % len(rows)] | change for place, change in zip(places, changed, strict=False)]
    path = tmp_path / "decisions.csv"
    path.write_bytes(saved(chosen, delimiter)[:cut])
    before = decided(filled)
    result = decide(filled, path, campaign)
    after = decided(filled)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    if result.exit_code:
        assert result.exit_code == 1
        assert after == before
        assert result.output.startswith(("decisions.csv", "Error: "))
        return
    found = re.match(r"(?:The campaign .*\n)?(\d+) decisions are new, (\d+) were there", result.output)
    assert found, result.output
    of_decisions = [row for row in after if len(row) == 3]
    assert len(of_decisions) - len([row for row in before if len(row) == 3]) == int(found[1])
    if cut is None:
        wanted = {
            (campaign, row["identity_key"], row["grant_key"]) for row in chosen if row["decision"].strip()
        }
        assert wanted <= set(of_decisions)


@pytest.fixture
def let_go(filled: Filled) -> Iterator[Callable[[], None]]:
    """Let another process write the warehouse, or in PostgreSQL, the decisions; return what ends that."""
    if isinstance(filled, PostgreSQLDatabase):
        with psycopg.connect(filled.location) as other:
            other.execute("select pg_advisory_xact_lock(hashtext('freshsales_decisions'))")
            yield other.commit
        return
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_OPEN, filled.location],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other_process:
        assert other_process.stdout is not None
        assert other_process.stdout.readline() == "held\n"
        yield other_process.kill


def test_a_warehouse_that_another_writes_is_waited_for_or_told(
    filled: Filled, let_go: Callable[[], None], tmp_path: Path
) -> None:
    path = tmp_path / "decisions.csv"
    if isinstance(filled, DuckDBFile):
        path.write_bytes(saved([]))
        result = decide(filled, path)
        assert result.exit_code == 1
        assert "is held open by another process that reads or writes it: wait until" in result.output
        assert result.output.count("\n") == 1
        return
    path.write_bytes(saved(exported(filled)[:1]))
    program = Path(sys.executable).with_name("freshsales-review")
    options = ["--max-age-days", "36500", "--campaign", "waiting", "--warehouse", filled.location]
    with subprocess.Popen([program, "decide", *options, path], stdout=subprocess.PIPE, text=True) as process:
        waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        while filled.fetch(waiting) == [(0,)]:
            assert process.poll() is None, "it did not wait"
        assert [row for row in decided(filled) if row[0] == "waiting"] == []
        let_go()
        printed, _ = process.communicate()
    assert process.returncode == 0, printed
    assert "1 decisions are new" in printed
