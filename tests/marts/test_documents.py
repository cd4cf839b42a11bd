import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.docs.blocks import Block, blocks
from tests.marts.conftest import Marts
from tests.marts.dbt import PROJECT, built, target
from tests.marts.engines import MARTS, DuckDB
from tests.marts.people import user
from tests.marts.questions import questions
from tests.marts.raw import SCHEMAS, Raw, column_types


def test_there_are_ten_questions() -> None:
    assert len(questions()) == 10


def test_the_readme_of_the_project_lists_the_same_ten() -> None:
    text = (PROJECT.parent / "README.md").read_text()
    assert [question for question in questions() if f". {question}\n" not in text] == []


@pytest.mark.parametrize("question", questions())
def test_each_question_is_answered_alike_by_both_warehouses(
    question: str, duckdb_marts: Marts, postgresql_marts: Marts
) -> None:
    answer = duckdb_marts.answers[question]
    assert answer, "an empty answer proves nothing"
    assert sorted(map(repr, answer)) == sorted(map(repr, postgresql_marts.answers[question]))


OTHER_SQL = [block for block in blocks("sql") if block.body.strip() not in questions().values()]


@pytest.mark.parametrize("block", OTHER_SQL, ids=str)
def test_other_sql_of_the_documents_finds_who_is_still_there(block: Block, tmp_path: Path) -> None:
    engine, raw = DuckDB(tmp_path / "warehouse.duckdb"), Raw()
    raw.load("a", 1, {"scim_users": [user("ann", "ann@x"), user("ben", "ben@x")]})
    raw.load("a", 2, {"scim_users": [user("ann", "ann@x")]})
    raw.load("a", 3, {"scim_users": []}, incomplete={"scim_users": "failed: quota"})
    engine.load(raw)
    assert [row["id"] for row in engine.raw(block.body)] == ["ann"]


def test_dbt_takes_the_variables_that_the_documents_set(tmp_path: Path) -> None:
    set_by_documents: dict[str, Any] = {}
    for block in blocks("yaml"):
        set_by_documents |= yaml.safe_load(block.body).get("vars", {})
    assert {"freshsales_idp", "freshsales_admin_words"} <= set_by_documents.keys()
    environment = DuckDB(tmp_path / "warehouse.duckdb").environment
    built("parse", "--quiet", "--vars", json.dumps(set_by_documents), work=tmp_path, environment=environment)


def test_the_documentation_builds_and_describes_every_column_of_the_marts(
    duckdb_marts: Marts, shared: Path, work: Path
) -> None:
    assert duckdb_marts.builds
    environment = DuckDB(shared / "marts/warehouse.duckdb").environment
    built("docs", "generate", work=work, environment=environment)
    made = target(work, environment)
    catalog = json.loads((made / "catalog.json").read_text())["nodes"]
    manifest = json.loads((made / "manifest.json").read_text())
    for mart in MARTS:
        node = f"model.freshsales_identity.{mart}"
        described = {
            name for name, column in manifest["nodes"][node]["columns"].items() if column["description"]
        }
        assert described == set(catalog[node]["columns"]), mart
    for exposure in manifest["exposures"].values():
        assert set(exposure["depends_on"]["nodes"]) == {f"model.freshsales_identity.{mart}" for mart in MARTS}


@pytest.mark.parametrize("stream", sorted(path.stem for path in SCHEMAS.glob("*.json")))
def test_staging_reads_every_column_of_the_stream_by_its_type(stream: str) -> None:
    sql = (PROJECT / f"models/staging/freshsales/stg_freshsales__{stream}.sql").read_text()
    if "freshsales_crm_users(" in sql:
        sql = (PROJECT / "macros/freshsales_crm_users.sql").read_text()
    read = dict(re.findall(r"^ +'(\w+)': '(text|integer|boolean|timestamp|json)',$", sql, re.MULTILINE))
    # `groups` is a reserved word elsewhere, and the memberships are read as a stream of their own.
    assert read == {name: kind for name, kind in column_types(stream).items() if name != "groups"}


def test_what_holds_of_the_rows_of_a_model_is_one_test() -> None:
    models = [path.read_text() for path in (PROJECT / "models").rglob("*.yml")]
    assert [text for text in models if "- not_null" in text or "- accepted_values" in text] == []
    assert max(text.count("- holds:") for text in models) == 1


def test_the_readme_shows_the_weights_that_the_score_is_made_of(duckdb_marts: Marts) -> None:
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (\d+)", (PROJECT / "README.md").read_text(), re.MULTILINE)
    shown = {flag: int(weight) for flags, weight in rows for flag in re.findall(r"`(\w+)`", flags)}
    assert shown == {row["flag"]: row["weight"] for row in duckdb_marts.builds[-1]["review_flags"]}
