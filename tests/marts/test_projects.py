"""dbt on warehouses of a test's own: fresh ones, damaged ones, and as a package of another project."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.marts.dbt import PROJECT, built, dbt
from tests.marts.engines import MARTS, DuckDB, Engine
from tests.marts.people import owner, user
from tests.marts.raw import Raw

RECEIPTS = """create table {schema}.sync_receipts
    (account varchar, stream varchar, sync_id varchar, is_complete boolean)"""


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        pytest.param([], "There is no table", id="no schema"),
        pytest.param(
            ["create schema freshsales", "create table freshsales.owners (account varchar, id bigint)"],
            "There is no table",
            id="no receipts",
        ),
        pytest.param(
            ["create schema freshsales", RECEIPTS.format(schema="freshsales")],
            "is empty: no run has finished yet",
            id="no run",
        ),
    ],
)
def test_a_build_without_receipts_fails_and_says_so(
    statements: list[str], message: str, engine: Engine, work: Path
) -> None:
    for statement in ("select 1", *statements):
        engine.execute(statement)
    finished = dbt("build", "--select", "+identities", work=work, environment=engine.environment)
    assert finished.returncode == 1
    assert message in finished.stdout
    assert "Load first, or name the database and schema" in finished.stdout
    tables = "select table_name from information_schema.tables where table_name = 'identities'"
    assert engine.query(tables) == [], "a mart was made of nothing"


def test_a_build_without_any_stream_but_the_receipts_is_no_error(engine: Engine, work: Path) -> None:
    engine.execute("create schema freshsales")
    engine.execute(RECEIPTS.format(schema="freshsales"))
    engine.execute("insert into freshsales.sync_receipts values ('a', 'territories', '1', true)")
    built(
        "build", "--exclude-resource-type", "unit_test", "--quiet", work=work, environment=engine.environment
    )
    for mart in set(MARTS) - {"data_quality", "review_flags"}:
        assert engine.query(f"select * from freshsales_identity.{mart}") == []


def test_tables_without_the_columns_that_were_deselected_build(engine: Engine, work: Path) -> None:
    engine.execute("create schema freshsales")
    engine.execute(RECEIPTS.format(schema="freshsales"))
    engine.execute("insert into freshsales.sync_receipts values ('a', 'owners', '1', true)")
    engine.execute(
        "create table freshsales.owners (account varchar, id bigint, email varchar, sync_id varchar)"
    )
    engine.execute("insert into freshsales.owners values ('a', 1, 'Ann@X', '1')")
    built("run", "--select", "+identities", "--quiet", work=work, environment=engine.environment)
    [row] = engine.query("select crm_owner_id, email, status from freshsales_identity.identities")
    assert row == {"crm_owner_id": 1, "email": "ann@x", "status": "unknown"}


def test_the_build_fails_where_the_loader_lost_a_row(empty_duckdb: DuckDB, work: Path) -> None:
    engine, raw = empty_duckdb, Raw()
    raw.load("a", 1, {"owners": [owner(1, "a@x"), owner(2, "b@x")]}, lost={"owners": 1})
    engine.load(raw)
    finished = dbt("build", "--select", "+data_quality", work=work, environment=engine.environment)
    assert finished.returncode == 1
    assert "the_warehouse_holds_what_was_read: a owners (2 sent, 1 here)" in finished.stdout
    assert "WARN=1 ERROR=1 SKIP=0" in finished.stdout


def test_what_does_not_hold_of_a_row_is_told_with_its_column(engine: Engine, work: Path) -> None:
    engine.execute("select 1")
    chosen = ("--quiet", "--select", "review_flags,test_name:holds")
    built("run", "--quiet", "--select", "review_flags", work=work, environment=engine.environment)
    built("test", *chosen, work=work, environment=engine.environment)
    engine.change("update freshsales_identity.review_flags set weight = null, meaning = null where place = 1")
    engine.change("update freshsales_identity.review_flags set meaning = null where place = 2")
    engine.change(
        "insert into freshsales_identity.review_flags "
        "select * from freshsales_identity.review_flags where place = 3"
    )
    finished = dbt("test", *chosen, work=work, environment=engine.environment)
    assert finished.returncode == 1
    told = finished.stdout.partition("holds_review_flags")[2]
    nobody = "a row of no account"
    twice, null, nulls = "is not the only one of its flag", "lacks meaning", "lacks weight meaning"
    assert f"{nobody} {twice}, {nobody} {null}, {nobody} {nulls}" in told


def test_history_outlives_a_full_refresh(empty_duckdb: DuckDB, work: Path) -> None:
    engine, raw = empty_duckdb, Raw()
    raw.load("a", 1, {"scim_users": [user("ann", "a@x", department="A")]})
    engine.load(raw)
    built("run", "--select", "+identity_changes", work=work, environment=engine.environment)
    raw.load("a", 2, {"scim_users": [user("ann", "a@x", department="B")]})
    engine.load(raw)
    built("run", "--full-refresh", "--select", "+identity_changes", work=work, environment=engine.environment)
    [row] = engine.query("select event_type, old_value, new_value from freshsales_identity.identity_changes")
    assert row == {"event_type": "department_changed", "old_value": "A", "new_value": "B"}


def test_another_project_installs_it_as_a_package_with_schemas_of_its_own(tmp_path: Path) -> None:
    engine = DuckDB(tmp_path / "warehouse.duckdb")
    engine.execute("create schema raw_crm")
    engine.execute(RECEIPTS.format(schema="raw_crm"))
    engine.execute("insert into raw_crm.sync_receipts values ('a', 'owners', '1', true)")
    engine.execute("create table raw_crm.owners (account varchar, id bigint, email varchar, sync_id varchar)")
    engine.execute("insert into raw_crm.owners values ('a', 1, 'ann@x', '1')")
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    # JSON is YAML, too.
    (project / "packages.yml").write_text(json.dumps({"packages": [{"local": str(PROJECT)}]}))
    settings = {
        "name": "reviewing",
        "version": "1.0.0",
        "profile": "freshsales_identity",
        "flags": {"send_anonymous_usage_stats": False},
        "vars": {"freshsales_schema": "raw_crm", "freshsales_marts_schema": "people"},
    }
    (project / "dbt_project.yml").write_text(json.dumps(settings))
    (project / "models/reviewers.sql").write_text(
        "select email from {{ ref('freshsales_identity', 'identities') }}"
    )
    built("deps", work=tmp_path, environment=engine.environment, project=project)
    built(
        "run",
        "--select",
        "+reviewers",
        "--quiet",
        work=tmp_path,
        environment=engine.environment,
        project=project,
    )
    assert engine.query("select email from freshsales.reviewers") == [{"email": "ann@x"}]
    assert engine.query("select email from freshsales_people.identities") == [{"email": "ann@x"}]


def test_an_empty_run_builds_every_model(engine: Engine, work: Path) -> None:
    raw = Raw()
    raw.load("a", 1, {"owners": [owner(1, "a@x")], "scim_users": [user("ann", "a@x")]})
    engine.load(raw)
    built("run", "--empty", "--quiet", work=work, environment=engine.environment)
    assert engine.query("select * from freshsales_identity.identities") == []


@pytest.mark.parametrize(("hours", "code"), [(37, 1), (35, 0)])
def test_source_freshness_fails_where_the_latest_run_is_old(
    hours: int, code: int, engine: Engine, work: Path
) -> None:
    raw = Raw()
    raw.load("a", 1, {"owners": [owner(1, "a@x")]})
    engine.load(raw)
    ended = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=hours)
    engine.execute(f"update freshsales.sync_receipts set finished_at = timestamp '{ended}'")
    finished = dbt("source", "freshness", work=work, environment=engine.environment)
    assert finished.returncode == code, finished.stdout
    assert ("ERROR STALE freshness of freshsales.sync_receipts" in finished.stdout) == (code == 1)
