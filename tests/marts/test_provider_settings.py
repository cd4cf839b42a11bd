"""The variable `freshsales_idp`: what is refused, and where the tables of a source may lie."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.marts.dbt import built, dbt
from tests.marts.engines import DuckDB
from tests.marts.people import user
from tests.marts.raw import Raw

OKTA = {"source": "okta", "adapter": "okta", "schema": "freshsales_okta", "account": "a"}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([OKTA, {**OKTA, "adapter": "ldap"}], "entry 2: there is no adapter `ldap`. Use one of: okta, entra"),
        ([OKTA, OKTA], "entry 2: the source `okta` is there already."),
        ([{**OKTA, "app_id": "0oa1"}], "entry 1: `app_id` is not a setting. Known are: source, adapter"),
    ],
)
def test_a_mistake_in_an_entry_is_named_with_its_place(
    entries: list[Any], message: str, empty_duckdb: DuckDB, work: Path
) -> None:
    environment = empty_duckdb.environment
    variables = json.dumps({"freshsales_idp": entries})
    finished = dbt("parse", "--vars", variables, work=work, environment=environment)
    assert finished.returncode != 0
    assert message in " ".join(finished.stdout.split())


@pytest.mark.parametrize("given", ["{source: okta}", "[{source: okta"])
def test_what_is_no_list_of_entries_is_refused(given: str, empty_duckdb: DuckDB, work: Path) -> None:
    environment = empty_duckdb.environment | {"FRESHSALES_IDP": given}
    finished = dbt("parse", work=work, environment=environment)
    assert finished.returncode != 0
    assert "FRESHSALES_IDP in the environment) has to be a list" in " ".join(finished.stdout.split())


@pytest.mark.parametrize("by", ["variable", "environment"])
def test_a_source_may_lie_in_a_file_or_a_database_of_its_own(
    by: str, empty_duckdb: DuckDB, tmp_path: Path, work: Path
) -> None:
    engine, raw = empty_duckdb, Raw()
    raw.load("a", 1, {"scim_users": [user("ann", "ann@x")]})
    engine.load(raw)
    path = tmp_path / "okta.duckdb"
    entry = {**OKTA, "path": str(path)}
    absent = {**OKTA, "source": "absent", "path": str(tmp_path / "absent.duckdb")}
    # The file that dbt writes is a database of that name.
    named = {**OKTA, "source": "named", "database": engine.path.stem}
    empty = {**named, "source": "empty", "schema": "empty_okta"}
    # Without a row or an account of its own, a source speaks of every account.
    of_all = {"source": "of_all", "adapter": "contract", "schema": "nowhere"}
    for file, schema, users in (
        (path, "freshsales_okta", 1),
        (engine.path, "freshsales_okta", 2),
        (engine.path, "empty_okta", 0),
    ):
        with duckdb.connect(str(file)) as connection:
            connection.execute(f"create schema {schema}")
            connection.execute(
                f"create table {schema}.users as select cast(id as varchar) as id, 'ACTIVE' as status "
                f"from range({users}) as made(id)"
            )
    given = json.dumps([entry, absent, named, empty, of_all])
    variables = ["--vars", f'{{"freshsales_idp": {given}}}'] if by == "variable" else []
    built(
        "run",
        "--select",
        "+base_idp__loads",
        "--quiet",
        *variables,
        work=work,
        environment=engine.environment | ({} if variables else {"FRESHSALES_IDP": given}),
    )
    loads = engine.query("select * from freshsales_staging.base_idp__loads where object = 'users'")
    assert {row["source"]: (row["account"], row["is_loaded"], row["rows"]) for row in loads} == {
        "okta": ("a", True, 1),
        "absent": ("a", False, 0),
        "named": ("a", True, 2),
        "empty": ("a", True, 0),
        "of_all": ("a", False, 0),
    }
    assert not any(row["absence_counts"] for row in loads)
