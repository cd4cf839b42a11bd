"""The branches for warehouses that nobody here can run: dbt makes SQL of them, and no more is known."""

import re
from pathlib import Path

from tests.marts.dbt import PROJECT, built
from tests.marts.engines import DuckDB

ARGUMENTS = {
    "freshsales_as_json": "'profile', true",
    "freshsales_days": "'spans', ['account'], 'first_day', 'last_day'",
    "freshsales_epoch": "'load_id'",
    "freshsales_fail": "'words'",
    "freshsales_groups_within": "'links'",
    "freshsales_json_pick": "'target', 'type', 'User', 'id'",
    "freshsales_json_text": "'profile', ['name', 'fullName']",
    "freshsales_json_values": "'users', ['account', 'scim_user_id'], 'emails', ['value', 'display']",
    "freshsales_lines": "'owners', ['account'], 'roles'",
    "freshsales_mend_history": "'history', 'account'",
    "freshsales_words": "'name'",
    "freshsales_sha256_of_lines": "'key_text'",
    "freshsales_type_json": "",
    "freshsales_utc_now": "",
}


def branches() -> dict[str, set[str]]:
    """Of each macro that is dispatched, the warehouses that it has a branch for."""
    found: dict[str, set[str]] = {}
    for path in (PROJECT / "macros/cross_db").glob("*.sql"):
        for warehouse, name in re.findall(r"{% macro ([a-z]+)__(freshsales_\w+)\(", path.read_text()):
            found.setdefault(name, set()).add(warehouse)
    return found


def test_every_cross_db_macro_compiles_for_snowflake_and_bigquery(tmp_path: Path, work: Path) -> None:
    found = branches()
    assert found.keys() == ARGUMENTS.keys()
    called = {
        f"{warehouse} {name}": f"{warehouse if warehouse in of else 'default'}__{name}({ARGUMENTS[name]})"
        for name, of in found.items()
        for warehouse in ("snowflake", "bigquery")
    }
    inline = "\n".join(f"[{what}] {{{{ freshsales_identity.{call} }}}}" for what, call in called.items())
    engine = DuckDB(tmp_path / "warehouse.duckdb")
    engine.execute("create schema freshsales")
    compiled = built("compile", "--quiet", "--inline", inline, work=work, environment=engine.environment)
    pieces = re.split(r"^\[(\w+ \w+)\] ", compiled, flags=re.MULTILINE)[1:]
    sql = dict(zip(pieces[::2], pieces[1::2], strict=True))
    assert sql.keys() == called.keys()
    assert all(text.strip() and "{{" not in text for text in sql.values())
    assert "lateral flatten" in sql["snowflake freshsales_json_values"]
    assert "json_query_array" in sql["bigquery freshsales_json_values"]
