"""A person who is taken out is in no table and in no file any more, and everybody else is as before."""

import base64
import gzip
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from freshsales_review.capture import SELECTION
from freshsales_review.decisions.population import sha256_of
from freshsales_review.decisions.store import (
    CAMPAIGNS,
    DECISIONS,
    REFUSED,
    SCOPE,
    create_tables,
    insert,
)
from freshsales_review.errors import ReviewError
from freshsales_review.forget_person import find
from freshsales_review.places import DUCKDB, POSTGRESQL, Places
from freshsales_review.pseudonyms import KEY_VARIABLE, pseudonym_of
from freshsales_review.warehouse import open_to_write
from tests.marts.dbt import built, target
from tests.marts.engines import DuckDB, Engine, PostgreSQL, Row
from tests.marts.people import group, members, owner, user
from tests.marts.raw import Raw
from tests.marts.review import review

ZOE = (
    "zoe.quill@acme.example",
    "z.quill@old.example",
    "zoe quill",
    "quill-4711",
    "+1 201 555 0199",
    "900000001",
)
ZOE_ID, ZOE_CRM = "quill-4711", 900000001


def zoe(**columns: Any) -> Row:
    return user(
        ZOE_ID,
        "zoe.quill@acme.example",
        display_name="Zoe Quill",
        emails=[{"value": "Zoe.Quill@acme.example", "primary": True}, {"value": "z.quill@old.example"}],
        phone_numbers=[{"value": "+1 201 555 0199"}],
        **columns,
    )


def bob() -> Row:
    """Names Zoe to the end, as a directory may that does not look whether she is there."""
    return user(
        "bob",
        "bob@acme.example",
        manager_id="zoe.quill@acme.example",
        manager_display_name="Zoe Quill",
        additional_attributes={"buddy": "Zoe.Quill@acme.example"},
    )


def others(**columns: Any) -> list[Row]:
    return [
        user("ann", "ann@acme.example", manager_id=ZOE_ID, manager_display_name="Zoe Quill", **columns),
        bob(),
    ]


def company(*, with_zoe: bool, **columns: Any) -> dict[str, list[Row]]:
    listed = [{"value": one, "display": "Zoe Quill" if one == ZOE_ID else one} for one in ("ann", ZOE_ID)]
    owners = [owner(1, "ann@acme.example"), owner(2, "bob@acme.example")]
    if with_zoe:
        return {
            "scim_users": [zoe(), *others(**columns)],
            "owners": [owner(ZOE_CRM, "zoe.quill@acme.example", display_name="Zoe Quill"), *owners],
            "scim_groups": [group("sales") | {"members": listed}],
            "scim_group_members": members("sales", "ann", ZOE_ID),
            "owned_records": [deals_of(1), deals_of(ZOE_CRM)],
        }
    return {
        "scim_users": [user("ann", "ann@acme.example", **columns), bob()],
        "owners": owners,
        "scim_groups": [group("sales") | {"members": listed[:1]}],
        "scim_group_members": members("sales", "ann"),
        "owned_records": [deals_of(1)],
    }


def deals_of(owner_id: int) -> Row:
    return {"owner_id": owner_id, "record_type": "deal", "records_owned": 41}


def step(engine: Engine, raw: Raw, work: Path, day: int, content: dict[str, list[Row]], *select: str) -> None:
    raw.load("a", day, content)
    engine.load(raw)
    built("run", "--quiet", *select, work=work, environment=engine.environment)


def places_of(engine: Engine) -> Places:
    if isinstance(engine, DuckDB):
        return Places(DUCKDB, str(engine.landing), "freshsales", str(engine.path), {})
    return Places(POSTGRESQL, engine.url, "freshsales", engine.url, {})


def everything(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, of the loader's and of dbt's."""
    if isinstance(engine, PostgreSQL):
        with psycopg.connect(engine.url) as connection:
            return tables(lambda sql: connection.execute(sql.encode()).fetchall())
    found: dict[str, list[tuple[Any, ...]]] = {}
    for path in (engine.landing, engine.path):
        with duckdb.connect(str(path), read_only=True) as opened:
            found |= tables(lambda sql: opened.execute(sql).fetchall())
    return found


def tables(ask: Callable[[str], list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    listed = ask(
        "select table_schema, table_name from information_schema.tables "
        "where table_schema like 'freshsales%' order by 1, 2"
    )
    return {f"{place}.{name}": ask(f"select * from {place}.{name}") for place, name in listed}


def mentions(engine: Engine) -> list[str]:
    return [
        name
        for name, rows in everything(engine).items()
        if any(one in str(row).lower() for row in rows for one in ZOE)
    ]


ZOES_GRANT, NOW = "a hash of zoe and a role", datetime(2026, 11, 3)  # noqa: DTZ001 - as the warehouse has it


def decide(location: str, zoes_key: str) -> None:
    """A campaign of the time when Zoe was there: she was decided about, and decided about another."""
    scope = [(zoes_key, ""), (zoes_key, ZOES_GRANT), ("ann's key", "")]
    ids = (str(ZOE_CRM), ZOE_ID)
    of_scope: list[tuple[object, ...]] = [
        ("a", "Q4", one, grant or None, "crm_role", "1", "Agent", *ids) for one, grant in scope[:2]
    ]
    of_scope.append(("a", "Q4", "ann's key", None, None, None, None, "1", "ann"))
    # Of the time before a match was corrected: her id is all that tells.
    of_scope.append(("a", "Q3", "her earlier key", None, None, None, None, None, ZOE_ID))
    end = (NOW, NOW, "root", "f" * 64, 2, "20261101T000000.000000Z-0000ff", "p" * 64)
    with open_to_write(location) as warehouse:
        create_tables(warehouse)
        opened = [("Q4", sha256_of(scope)), ("Q3", "0" * 64)]
        warehouse.change(
            insert(CAMPAIGNS), *(("a", name, "all", None, NOW, "root", "s", sha) for name, sha in opened)
        )
        warehouse.change(insert(SCOPE), *of_scope)
        warehouse.change(
            insert(DECISIONS),
            ("1", "a", "Q4", zoes_key, None, "revoke", "ann@acme.example", "Zoe has left", *end),
            ("2", "a", "Q4", zoes_key, ZOES_GRANT, "revoke", "ann@acme.example", None, *end),
            ("3", "a", "Q4", "ann's key", None, "keep", "Zoe Quill <Zoe.Quill@acme.example>", "ask", *end),
            ("4", "b", "Q4", zoes_key, None, "keep", "of another account", "stays", *end),
        )
        refused = ("a", "Q4", zoes_key, None, "Quill Zoe", NOW, "f" * 64, 3)
        warehouse.change(insert(REFUSED), refused)


def test_nothing_is_left_of_who_is_forgotten(engine: Engine, work: Path, tmp_path: Path) -> None:
    raw, report = Raw(), tmp_path / "review.html"
    # As after a job that failed, of which only the history is kept.
    step(engine, raw, work, 1, company(with_zoe=True), "--select", SELECTION)
    arguments = ("--output", str(report))
    with pytest.raises(ReviewError, match="is still in a"):
        find(places_of(engine), "Zoe.Quill@acme.example")
    step(engine, raw, work, 2, company(with_zoe=False, department="B"))
    written = review("report", engine, work, *arguments, *_warehouse(engine))
    assert written.returncode == 0, written.stderr
    assert "zoe.quill" in content(report).lower()
    [zoes_key] = find(places_of(engine), "zoe.quill@acme.example").keys
    decide(places_of(engine).warehouse, zoes_key[1])
    before = everything(engine)

    said = review("forget-person", engine, work, *arguments, "zoe.quill@acme.example")
    assert said.returncode == 0, said.stderr
    assert "Nothing was changed" in said.stdout
    assert "1 rows  freshsales.scim_users" in said.stdout
    assert everything(engine) == before

    parsed = {"DBT_TARGET_PATH": str(target(work, engine.environment))}
    done = review("forget-person", engine, work, *arguments, "--yes", "zoe.quill@acme.example", **parsed)
    assert done.returncode == 0, done.stderr + done.stdout
    assert mentions(engine) == []
    for name, rows in everything(engine).items():
        of_zoe = {zoes_key[1], ZOES_GRANT, "her earlier key"}
        left = [row for row in rows if row[1:2] != ("b",) and of_zoe & {str(cell) for cell in row}]
        assert not left, name
    # A campaign counts whom it counted, and each decision is still there.
    campaigns = {
        row["campaign"]: row for row in engine.query("select * from freshsales_identity.review_campaigns")
    }
    counted = [campaigns["Q4"][name] for name in COUNTED]
    assert counted == [2, 2, 1, 1, 2, 1, 2, 1, True]
    # Whose scope was another one than the campaign was opened with, this does not mend.
    assert not campaigns["Q3"]["population_matches"]
    files = [report, *([engine.path, engine.landing] if isinstance(engine, DuckDB) else [])]
    for file in files:
        held = file.read_bytes().lower()
        assert not [one for one in ZOE if one.encode() in held], file
    assert not [one for one in ZOE if one in content(report).lower()]
    assert not list(tmp_path.glob("*.rewritten"))
    with pytest.raises(ReviewError, match="Nobody here has"):
        find(places_of(engine), "zoe.quill@acme.example")

    # The next run finds everybody else as they were.
    after = {row["display_name"] for row in engine.query("select * from freshsales_identity.identities")}
    assert after == {"Ann", "Bob"}
    now = everything(engine)
    for name, rows in before.items():
        if name.endswith(("owner_history", "scim_user_history")):
            kept = [row for row in rows if not any(one in str(row).lower() for one in ZOE)]
            assert kept
            assert [row for row in kept if row in now[name]] == kept


COUNTED = (
    *("people_in_scope", "people_decided", "grants_in_scope", "grants_decided", "to_revoke", "kept"),
    *("not_known", "self_decisions_refused", "is_complete"),
)


def content(report: Path) -> str:
    """What the page unpacks: gzip in base64."""
    packed = max(re.findall(r"[A-Za-z0-9+/=]{100,}", report.read_text()), key=lambda part: part[:4] == "H4sI")
    return gzip.decompress(base64.b64decode(packed)).decode()


def _warehouse(engine: Engine) -> tuple[str, ...]:
    return ("--warehouse", str(engine.path)) if isinstance(engine, DuckDB) else ()


def test_one_address_of_two_people_names_nobody(tmp_path: Path, work: Path) -> None:
    engine, raw = DuckDB(tmp_path / "warehouse.duckdb"), Raw()
    shared = [user("ann", "team@acme.example"), user("bob", "team@acme.example")]
    step(engine, raw, work, 1, {"scim_users": shared}, "--select", SELECTION)
    places = places_of(engine)
    with pytest.raises(ReviewError, match="More than one person has team"):
        find(places, "team@acme.example")
    with pytest.raises(ReviewError, match="Nobody here has"):
        find(places, "nobody@acme.example")


def test_with_the_key_an_address_finds_its_pseudonym(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, raw, key = DuckDB(tmp_path / "warehouse.duckdb"), Raw(), "k" * 32
    raw.load("a", 1, {"scim_users": [user("1", pseudonym_of(key, "ann@acme.example"))]})
    raw.load("a", 2, {"scim_users": [user("2", "bob@acme.example")]})
    engine.load(raw)
    with pytest.raises(ReviewError, match="Nobody here has"):
        find(places_of(engine), "ann@acme.example")
    monkeypatch.setenv(KEY_VARIABLE, key)
    assert find(places_of(engine), " Ann@ACME.example").ids == {("a", "scim", "1")}
