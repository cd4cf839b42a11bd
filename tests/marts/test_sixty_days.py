"""Sixty days in the life of a company, read by the tap, loaded by the pipeline's own loader, built by dbt."""

from collections import Counter
from pathlib import Path
from typing import Any

from freshsales_sandbox.app import Sandbox
from tests.marts.dbt import built
from tests.marts.engines import DuckDB
from tests.marts.living import Event, Read, State, account, events, founded, lived, owner
from tests.pipeline import warehouses
from tests.pipeline.commands import load, messages, pipe

DAYS_BETWEEN_RUNS = 6
# What becomes of each run; dbt builds after all that are not killed, and after the last of those that are.
RUNS = (
    *("whole", "whole", "killed, and built", "no scim", "whole", "killed"),
    *("killed, and built", "no crm", "whole", "killed", "whole"),
)
NOWHERE = "http://127.0.0.1:9"
DEAD = {
    "no scim": {"scim_api_url": f"{NOWHERE}/scim/v2", "max_attempts": "1"},
    "no crm": {"rest_api_url": f"{NOWHERE}/crm/sales/api", "max_attempts": "1"},
}


def test_sixty_days_of_changes_are_told_as_the_diary_has_them(
    empty_duckdb: DuckDB, tmp_path: Path, work: Path
) -> None:
    engine = empty_duckdb
    with Sandbox(people=40, seed=5, quota=None) as sandbox:
        state = founded(sandbox)
        reads = []
        for number, run in enumerate(RUNS):
            state = lived(state, sandbox.play(DAYS_BETWEEN_RUNS) if number else [], sandbox)
            ran(run, number, sandbox, engine, tmp_path)
            if "killed" not in run:
                sync_id = engine.raw("select max(sync_id) as latest from freshsales.sync_receipts")[0][
                    "latest"
                ]
                reads.append(Read(sync_id, state, is_of_crm=run != "no crm", is_of_scim=run != "no scim"))
            if run != "killed":
                landed = engine.landing.read_bytes()
                built("run", "--quiet", work=work, environment=engine.environment)
                assert engine.landing.read_bytes() == landed, "dbt wrote the loader's file"
        assert sandbox.diary.day == 60
    keys = keys_of(engine)
    expected = Counter(events(reads))
    assert told(engine, keys) == expected
    assert len({event_type for _, event_type, *_ in expected}) >= 9, "a duller company proves less"
    assert identities(engine) == known(reads)


def ran(run: str, number: int, sandbox: Sandbox, engine: DuckDB, tmp_path: Path) -> None:
    folder = tmp_path / str(number)
    folder.mkdir()
    warehouse = warehouses.DuckDB(engine.landing)
    if run.startswith("killed"):
        lines = messages(sandbox).splitlines(keepends=True)
        receipts = next(place for place, line in enumerate(lines) if '"stream":"sync_receipts"' in line)
        loaded = load(
            warehouse.loader, "".join(lines[: receipts * number // len(RUNS)]), warehouse.location, folder
        )
        assert loaded.returncode == 0, loaded.stderr
    else:
        code, log = pipe(sandbox, warehouse, folder, settings=DEAD.get(run, {}))
        assert (code == 0) == (run == "whole"), log


def keys_of(engine: DuckDB) -> dict[str, str]:
    """By identity key, the id that the diary calls the person by."""
    rows = engine.query(
        "select source_id, identity_key from freshsales_history.int_freshsales__identity_keys order by side"
    )
    return {row["identity_key"]: row["source_id"] for row in rows}


def told(engine: DuckDB, keys: dict[str, str]) -> Counter[Event]:
    return Counter(
        (
            keys[row["identity_key"]],
            row["event_type"],
            *values(row),
            row["after_sync_id"],
            row["seen_sync_id"],
        )
        for row in engine.query("select * from freshsales_identity.identity_changes")
    )


def values(row: dict[str, Any]) -> tuple[str | None, str | None]:
    """Old and new value, where the diary has them in the same words."""
    spoken = {"joined", "removed", "deactivated", "reactivated", "manager_changed"}
    return (None, None) if row["event_type"] in spoken else (row["old_value"], row["new_value"])


def identities(engine: DuckDB) -> dict[tuple[int | None, str | None], tuple[str | None, ...]]:
    return {
        (row["crm_owner_id"], row["scim_user_id"]): (
            row["status"],
            row["display_name"],
            row["email"],
            row["department"],
        )
        for row in engine.query("select * from freshsales_identity.identities")
    }


def known(reads: list[Read]) -> dict[tuple[int | None, str | None], tuple[str | None, ...]]:
    """Everybody whom a read has ever shown, with the ids that were shown, as the last read found them."""
    last = reads[-1].state
    found: dict[tuple[int | None, str | None], tuple[str | None, ...]] = {}
    for id_ in {id_ for read in reads for id_ in read.state}:
        has_scim = any(account(id_, read.state) for read in reads if read.is_of_scim)
        has_crm = any(owner(id_, read.state) for read in reads if read.is_of_crm)
        if has_scim or has_crm:
            person = last[id_]
            ids = (person.crm_id if has_crm else None, id_ if has_scim else None)
            found[ids] = (
                status(id_, last, has_scim=has_scim),
                person.display_name,
                clean(person.email),
                person.department,
            )
    return found


def status(id_: str, state: State, *, has_scim: bool) -> str:
    person = state[id_]
    if not has_scim:
        return "unmanaged" if person.is_owner else "removed"
    if not person.has_account:
        return "removed"
    if not person.active:
        return "deactivated"
    return "active" if person.is_owner else "not_an_owner"


def clean(text: str | None) -> str | None:
    return text.strip().lower() if text else None
