"""Sixty days in the life of a company, read by the tap, loaded by the pipeline's own loader, built by dbt."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from freshsales_idp.loading import load as load_okta
from freshsales_idp.roster import checked
from freshsales_sandbox.app import DOMAIN, Sandbox
from freshsales_sandbox.okta.roster import Roster, roster_of
from freshsales_sandbox.okta.tenant import LEFT, SERVICE_LOGIN, Tenant
from tests.idp.conftest import settings_of
from tests.idp.killing import kill_half_way
from tests.marts import living_at_okta
from tests.marts.campaigns_of_the_diary import Campaigns
from tests.marts.dbt import built
from tests.marts.engines import DuckDB, Engine
from tests.marts.living import Event, Person, Read, State, account, events, founded, lived, owner
from tests.marts.living_at_okta import AccessRead, who_gets_in
from tests.pipeline import warehouses
from tests.pipeline.commands import load, messages, pipe

DAYS = 60
# What becomes of each run; dbt builds after all that are not killed, and after the last of those that are.
# PostgreSQL sees the same sixty days in fewer runs, because a build takes long.
RUNS = {
    "duckdb": ("whole", "whole", "killed", "killed, and built", "no scim", "no crm", "whole"),
    "postgres": ("whole", "no scim", "whole"),
}
# In this run, the load of the identity provider is killed as well.
KILLED_AT_OKTA = "no scim"
NOWHERE = "http://127.0.0.1:9"
DEAD = {
    "no scim": {"scim_api_url": f"{NOWHERE}/scim/v2", "max_attempts": "1"},
    "no crm": {"rest_api_url": f"{NOWHERE}/crm/sales/api", "max_attempts": "1"},
}


def test_sixty_days_of_changes_are_told_as_the_diary_has_them(
    engine: Engine, tmp_path: Path, work: Path
) -> None:
    runs = RUNS[engine.target]
    okta = tmp_path / "okta.duckdb"
    okta_place = str(okta) if isinstance(engine, DuckDB) else engine.url
    sources = [
        {"source": "okta", "adapter": "okta", "schema": "freshsales_okta", "path": str(okta)},
        {"source": "hr", "adapter": "roster", "schema": "freshsales_roster", "account": DOMAIN},
    ]
    environment = {
        **engine.environment,
        "FRESHSALES_IDP": json.dumps(sources),
        "FRESHSALES_IDP_SERVICE_ACCOUNTS": SERVICE_LOGIN,
    }
    # The identity provider keeps the time of the clock, as the reads do, so that they can be compared.
    with Sandbox(
        people=40, seed=5, quota=None, okta_quota=None, okta_clock=living_at_okta.clock()
    ) as sandbox:
        campaigns = Campaigns(engine, tmp_path)
        tenant = sandbox.okta.tenant
        log_from = living_at_okta.log_begins(tenant)
        state = founded(sandbox)
        reads: list[Read] = []
        access: list[AccessRead] = []
        for number, run in enumerate(runs):
            state = lived(state, sandbox.play(DAYS // (len(runs) - 1)) if number else [], sandbox)
            if run == KILLED_AT_OKTA:
                kill_half_way(sandbox, okta_place)
            elif run != "killed":
                assert all(receipt["is_complete"] for receipt in load_okta(settings_of(sandbox, okta_place)))
            ran(run, number / len(runs), sandbox, engine, tmp_path / str(number))
            if "killed" not in run:
                sync_id = engine.raw("select max(sync_id) as latest from freshsales.sync_receipts")[0][
                    "latest"
                ]
                reads.append(Read(sync_id, state, is_of_crm=run != "no crm", is_of_scim=run != "no scim"))
                access.append(access_read(reads[-1], sandbox, engine))
            roster = roster_of(tenant)
            if number == len(runs) - 1:
                load_roster(roster, engine, tmp_path)
            if run != "killed":
                landed = landing_file(engine)
                built("run", "--quiet", work=work, environment=environment)
                assert landing_file(engine) == landed, "dbt wrote the loader's file"
                campaigns.after(run, reads[-1])
            if run == KILLED_AT_OKTA:
                check_nobody_is_gone(engine)
        assert sandbox.diary.day == DAYS
    expected = Counter(events(reads))
    assert told(engine, names_of(engine, reads)) == expected
    assert len({event_type for _, event_type, *_ in expected}) >= 9, "a duller company proves less"
    assert identities(engine) == known(reads)
    campaigns.check(reads)
    check_okta(engine, tenant, reads, access, log_from)
    check_roster(engine, tenant, reads, roster)


def check_nobody_is_gone(engine: Engine) -> None:
    """After a load that was killed, what the one before it has proven still counts, and nothing else."""
    loads = engine.query(
        "select distinct absence_counts, absence_evidence from freshsales_identity.idp_load_quality "
        "where source = 'okta'"
    )
    assert loads == [{"absence_counts": True, "absence_evidence": "receipt"}]
    [users] = engine.query(
        "select count(*) as listed, count(case when idp_status = 'deleted' then 1 end) as deleted "
        "from freshsales_staging.stg_idp__users where source = 'okta'"
    )
    assert users["deleted"] == 0
    assert users["listed"] > 0


def check_okta(
    engine: Engine, tenant: Tenant, reads: list[Read], access: list[AccessRead], log_from: datetime
) -> None:
    keys = names_of(engine, reads)
    here = {id_: id_ in (access[-1].scim or ()) or id_ in (access[-1].crm or ()) for id_ in ever_seen(reads)}
    assert tenant.failed_pushes
    assert tenant.handed_addresses
    users = living_at_okta.matched(tenant, {id_: address_alone(id_, reads) for id_ in here})
    assert told_at_okta(engine, keys) == Counter(living_at_okta.told_events(tenant, users, log_from))
    assert categories(engine, keys) == living_at_okta.categories(tenant, users, here)
    check_leaves(engine, list(living_at_okta.leaves(tenant, users, access, log_from)), keys)
    loads = engine.query("select * from freshsales_identity.idp_load_quality where source = 'okta'")
    load = next(row for row in loads if row["object"] == "users")
    assert load["service_accounts"] == 1
    assert load["rows_left"] == sum(user.status == LEFT for user in tenant.users.values())
    failed = {
        keys[row["identity_key"]]
        for row in engine.query("select * from freshsales_identity.access_review where deprovisioning_failed")
    }
    assert {
        str(user.person.scim_id) for user in tenant.failed_pushes if here[str(user.person.scim_id)]
    } <= failed


def check_leaves(engine: Engine, leaves: list[living_at_okta.Leave], keys: dict[str, str]) -> None:
    rows = engine.query("select * from freshsales_identity.deprovisioning where source = 'okta'")
    found = {(keys[row["identity_key"]], row["left_by"]): row for row in rows}
    assert len(found) == len(rows)
    assert found.keys() == {leave[:2] for leave in leaves}
    for leave in leaves:
        id_, left, evidence, seen, gone, sla = leave
        row = found[id_, left]
        assert row["left_after"] == left
        measured = (row["left_evidence"], row["access_seen_at"], row["no_access_seen_at"], row["sla"])
        assert measured == (evidence, seen, gone, sla)
        for name, end in (("lag_at_least_hours", seen), ("lag_at_most_hours", gone)):
            lag, hours = row[name], living_at_okta.hours(left, end)
            # Whole seconds are counted.
            assert (lag and float(lag)) == (hours and pytest.approx(hours, abs=1.1 / 3600)), name
    assert {leave[-1] for leave in leaves} >= {"met", "missed", "open", "not_seen"}, (
        "a duller company proves less"
    )


def check_roster(engine: Engine, tenant: Tenant, reads: list[Read], roster: Roster) -> None:
    rows = engine.query("select * from freshsales_identity.idp_reconciliation where source = 'hr'")
    keys = names_of(engine, reads)
    found = {keys[row["identity_key"]]: row["category"] for row in rows if row["identity_key"]}
    disagreed = (roster.left_for_hr_alone, roster.leaves_later, roster.unknown_to_hr)
    assert [found[str(tenant.users[id_].person.scim_id)] for id_ in disagreed] == [
        "left_still_in",
        "in_order",
        "here_unknown_there",
    ]


def access_read(read: Read, sandbox: Sandbox, engine: Engine) -> AccessRead:
    [times] = engine.raw(
        "select min(started_at) as started_at, max(finished_at) as finished_at from freshsales.sync_receipts "
        f"where sync_id = '{read.sync_id}' and is_complete and stream in ('owners', 'scim_users')"
    )
    scim, crm = who_gets_in(sandbox)
    return AccessRead(
        times["started_at"],
        times["finished_at"],
        scim if read.is_of_scim else None,
        crm if read.is_of_crm else None,
    )


def load_roster(roster: Roster, engine: Engine, folder: Path) -> None:
    """Load it as the pipeline does: all of it text, the time of the load, and the receipt beside it."""
    content = roster.csv().encode()
    file = folder / "roster.csv"
    file.write_bytes(content)
    file.with_name("roster.csv.sha256").write_text(sha256(content).hexdigest())
    found = checked(file)
    assert found.problems == []
    engine.execute("create schema freshsales_roster")
    for table, rows in {"roster": roster.rows, "load_receipts": [found.receipt()]}.items():
        now = datetime.now(UTC).replace(tzinfo=None)
        columns = ", ".join(f"{name} varchar" for name in rows[0])
        engine.execute(f"create table freshsales_roster.{table} ({columns}, _sdc_batched_at timestamp)")
        for row in rows:
            cells = ", ".join("'" + cell.replace("'", "''") + "'" for cell in row.values())
            engine.execute(f"insert into freshsales_roster.{table} values ({cells}, '{now}')")


def told_at_okta(engine: Engine, keys: dict[str, str]) -> Counter[tuple[str, str, datetime, str]]:
    return Counter(
        (keys[row["identity_key"]], row["event_type"], row["happened_at"], row["new_value"])
        for row in engine.query("select * from freshsales_identity.identity_timeline where origin = 'okta'")
    )


def categories(engine: Engine, keys: dict[str, str]) -> dict[tuple[str | None, str | None], str]:
    return {
        (keys.get(row["identity_key"]), row["idp_user_id"]): row["category"]
        for row in engine.query("select * from freshsales_identity.idp_reconciliation where source = 'okta'")
    }


def landing_file(engine: Engine) -> bytes:
    return engine.landing.read_bytes() if isinstance(engine, DuckDB) else b""


def ran(run: str, share: float, sandbox: Sandbox, engine: Engine, folder: Path) -> None:
    """Read and load; a run that is killed has loaded its share of the rows, and no receipt."""
    folder.mkdir()
    warehouse = (
        warehouses.DuckDB(engine.landing) if isinstance(engine, DuckDB) else warehouses.PostgreSQL(engine.url)
    )
    if run.startswith("killed"):
        lines = messages(sandbox).splitlines(keepends=True)
        receipts = next(place for place, line in enumerate(lines) if '"stream":"sync_receipts"' in line)
        loaded = load(warehouse.loader, "".join(lines[: int(receipts * share)]), warehouse.location, folder)
        assert loaded.returncode == 0, loaded.stderr
    else:
        code, log = pipe(sandbox, warehouse, folder, settings=DEAD.get(run, {}))
        assert (code == 0) == (run == "whole"), log


def keys_of(engine: Engine) -> dict[str, str]:
    """By identity key, the id that the diary calls the person by."""
    rows = engine.query(
        "select source_id, identity_key from freshsales_history.int_freshsales__identity_keys order by side"
    )
    return {row["identity_key"]: row["source_id"] for row in rows}


def names_of(engine: Engine, reads: list[Read]) -> dict[str, str]:
    """The same where the diary calls somebody by an account that no read of SCIM has shown."""
    called = {
        str(person.crm_id): id_ for read in reads for id_, person in read.state.items() if person.crm_id
    }
    return {key: called.get(id_, id_) for key, id_ in keys_of(engine).items()}


def told(engine: Engine, keys: dict[str, str]) -> Counter[Event]:
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


def identities(engine: Engine) -> dict[tuple[int | None, str | None], tuple[str | None, ...]]:
    return {
        (row["crm_owner_id"], row["scim_user_id"]): (
            row["status"],
            row["display_name"],
            row["email"],
            row["department"],
        )
        for row in engine.query("select * from freshsales_identity.identities")
    }


def ever_seen(reads: list[Read]) -> Iterator[str]:
    """Yield the diary's ids of everybody whom a read has ever shown."""
    for id_ in {id_ for read in reads for id_ in read.state}:
        if is_seen_in_scim(id_, reads) or is_seen_in_crm(id_, reads):
            yield id_


def is_seen_in_scim(id_: str, reads: list[Read]) -> bool:
    return any(account(id_, read.state) for read in reads if read.is_of_scim)


def is_seen_in_crm(id_: str, reads: list[Read]) -> bool:
    return any(owner(id_, read.state) for read in reads if read.is_of_crm)


def address_alone(id_: str, reads: list[Read]) -> str | None:
    """Return the address of somebody whom the CRM alone has shown; no id leads to the provider."""
    return None if is_seen_in_scim(id_, reads) else clean(last_seen(id_, reads, has_scim=False).email)


def known(reads: list[Read]) -> dict[tuple[int | None, str | None], tuple[str | None, ...]]:
    """Everybody whom a read has ever shown, with the ids that were shown, as the last read found them."""
    found: dict[tuple[int | None, str | None], tuple[str | None, ...]] = {}
    for id_ in ever_seen(reads):
        has_scim = is_seen_in_scim(id_, reads)
        person = last_seen(id_, reads, has_scim=has_scim)
        ids = (person.crm_id if is_seen_in_crm(id_, reads) else None, id_ if has_scim else None)
        found[ids] = (
            status(id_, reads[-1].state, has_scim=has_scim),
            person.display_name,
            clean(person.email),
            person.department if has_scim else None,  # the CRM does not tell it
        )
    return found


def last_seen(id_: str, reads: list[Read], *, has_scim: bool) -> Person:
    """Return a person as the last read found them; nobody saw what changed after it."""
    return next(
        person
        for read in reversed(reads)
        for person in [account(id_, read.state) if has_scim else owner(id_, read.state)]
        if person and (read.is_of_scim if has_scim else read.is_of_crm)
    )


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
