"""Whatever is wrong in one account: the others are built, it is named, and the build is red."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.marts.dbt import built, dbt
from tests.marts.engines import Engine
from tests.marts.people import group, members, owner, role, user
from tests.marts.raw import Raw, Row

GOOD = "good"
MARTS = (
    "identities",
    "access_review",
    "identity_entitlements",
    "identity_flags",
    "identity_changes",
    "directory_daily",
)
OWNER, USER, GROUP = owner(2, "bob@x", role_id=1), user("bob", "bob@x"), group("others")
MEMBER = members("all", "bob")[0]
# What the second read brings of an account beside what it brings of all.
BROUGHT: Mapping[str, Mapping[str, list[Row]]] = {
    "owner_without_id": {"owners": [{**OWNER, "id": None}]},
    "role_without_id": {"roles": [{**role(2, "Sales"), "id": None}]},
    "user_without_id": {"scim_users": [{**USER, "id": None}]},
    "group_without_id": {"scim_groups": [{**GROUP, "id": None}]},
    "member_without_id": {"scim_group_members": [{**MEMBER, "member_id": None}]},
}
# Statements on the raw tables after that; `{account}` is the account.
DAMAGED = {
    **{
        f"{column}_lost_in_{table}": f"update freshsales.{table} set {column} = null "
        "where account = '{account}'"
        for table in ("owners", "scim_users", "scim_group_members")
        for column in ("account", "sync_id")
    },
    **{
        f"{table}_twice": f"insert into freshsales.{table} select * from freshsales.{table} "
        "where account = '{account}'"
        for table in ("owners", "scim_users", "scim_groups", "scim_group_members")
    },
    **{
        f"receipt_without_{column}": f"update freshsales.sync_receipts set {column} = null "
        "where account = '{account}'"
        for column in ("account", "stream", "sync_id", "is_complete")
    },
    "receipt_from_the_future": "update freshsales.sync_receipts set finished_at = timestamp '2999-01-01' "
    "where account = '{account}'",
    "receipts_lost": "delete from freshsales.sync_receipts where account = '{account}'",
    "rows_lost": "delete from freshsales.scim_users where account = '{account}'",
}
# Statements on what was built before.
CORRUPTED = {
    "history_with_another_word": "update freshsales_history.int_freshsales__owner_history "
    "set observation = 'odd' where account = '{account}'",
    "history_without_a_run": "update freshsales_history.int_freshsales__group_history "
    "set sync_id = null where account = '{account}' and observation = 'present'",
}
FAULTS = (*BROUGHT, *DAMAGED, *CORRUPTED)


def directory(extra: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    rows = {
        "owners": [owner(1, "ann@x", role_id=1)],
        "roles": [role(1, "Sales")],
        "scim_users": [user("ann", "ann@x")],
        "scim_groups": [group("all")],
        "scim_group_members": members("all", "ann"),
    }
    return {stream: [*found, *extra.get(stream, [])] for stream, found in rows.items()}


def marts_of(engine: Engine, account: str) -> dict[str, list[Any]]:
    return {
        mart: sorted(
            map(repr, engine.query(f"select * from freshsales_identity.{mart} where account = '{account}'"))
        )
        for mart in MARTS
    }


def test_one_accounts_faults_stop_no_other_and_are_named(engine: Engine, work: Path) -> None:
    raw = Raw()
    for account in (GOOD, *FAULTS):
        raw.load(account, 1, directory({}))
    engine.load(raw)
    built("run", "--quiet", work=work, environment=engine.environment)
    before = marts_of(engine, GOOD)
    for account in FAULTS:
        raw.load(account, 2, directory(BROUGHT.get(account, {})))
    engine.load(raw)
    for account, statement in DAMAGED.items():
        engine.execute(statement.format(account=account))
    for account, statement in CORRUPTED.items():
        engine.change(statement.format(account=account))
    build = ("build", "--exclude-resource-type", "unit_test")
    finished = dbt(*build, work=work, environment=engine.environment)
    assert finished.returncode == 1
    assert "SKIP=0" in finished.stdout, finished.stdout[-6000:]
    told = finished.stdout.rpartition("that of the others is:")[2]
    assert {account for account in FAULTS if account not in told} == set()
    assert f" {GOOD} " not in told
    assert "history_with_another_word has another observation" in told
    assert marts_of(engine, GOOD) == before
    nobody = (
        "select * from freshsales_identity.identities where crm_owner_id is null and scim_user_id is null"
    )
    assert engine.query(nobody) == []
