"""What may not be read is an error that names it; taken for never loaded, it would be null in every row."""

from dataclasses import replace
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.marts.dbt import dbt
from tests.marts.engines import PostgreSQL
from tests.marts.people import owner, user
from tests.marts.raw import Raw
from tests.marts.review import review

# What the role may not read, by how it was taken away.
TAKEN = {
    "a column": (
        "scim_users",
        "active",
        "grant select (account, id) on freshsales.scim_users to {role}",
    ),
    "a key": ("owners", "id", "grant select (account, sync_id) on freshsales.owners to {role}"),
    "a table": ("scim_users", "id", ""),
    "the receipts": ("sync_receipts", "is_complete", ""),
}


@pytest.fixture
def loaded(empty_postgresql: PostgreSQL) -> PostgreSQL:
    engine, raw = empty_postgresql, Raw()
    raw.load("a", 1, {"scim_users": [user("ann", "a@x", active=False)], "owners": [owner(1, "a@x")]})
    engine.load(raw)
    return engine


def reader_of(engine: PostgreSQL, table: str, grant: str) -> PostgreSQL:
    """Return the database as a role sees it that may read all raw tables but what was taken away."""
    # One name for all tests, because dbt parses the project anew for each user. The database is a new one.
    role = "reader"
    engine.execute(f"drop role if exists {role}")
    engine.execute(f"create role {role} login password 'unused'")
    database = conninfo_to_dict(engine.url)["dbname"]
    engine.execute(f'grant create on database "{database}" to {role}')
    engine.execute(f"grant usage on schema freshsales to {role}")
    engine.execute(f"grant select on all tables in schema freshsales to {role}")
    engine.execute(f"revoke select on freshsales.{table} from {role}")
    if grant:
        engine.execute(grant.format(role=role))
    return replace(engine, url=engine.url.replace("postgres:unused", f"{role}:unused"))


@pytest.mark.parametrize("taken", TAKEN)
def test_dbt_names_table_and_column_that_may_not_be_read(taken: str, loaded: PostgreSQL, work: Path) -> None:
    table, column, grant = TAKEN[taken]
    reader = reader_of(loaded, table, grant)
    finished = dbt("run", "--select", "staging", work=work / "reader", environment=reader.environment)
    assert finished.returncode == 1, finished.stdout
    words = " ".join(finished.stdout.split())
    assert "Permission denied: the role reader " in words
    assert f'"freshsales"."{table}", column ' in words
    assert column in words.split(f'"freshsales"."{table}", column ')[1].split(". Grant")[0].split(", ")


@pytest.mark.parametrize("taken", [taken for taken in TAKEN if taken != "a column"])
def test_verify_names_table_and_column_that_may_not_be_read(
    taken: str, loaded: PostgreSQL, work: Path
) -> None:
    table, column, grant = TAKEN[taken]
    reader = reader_of(loaded, table, grant)
    finished = review("verify", reader, work, "--max-age-minutes", "9999999")
    assert finished.returncode == 1
    assert f"permission denied for table {table} (column " in finished.stderr
    assert column in finished.stderr.split("(column ")[1].strip().rstrip(")").split(", ")
