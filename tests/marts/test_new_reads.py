"""What a build looks at: the accounts that were read since the last one, not all there are."""

import re
from pathlib import Path

from tests.marts.dbt import built, target
from tests.marts.engines import Engine
from tests.marts.people import group, members, owner, role, user
from tests.marts.raw import Raw, Row, sync_id

PREFIX = "int_freshsales__"
HISTORIES = "freshsales_identity/models/intermediate/freshsales/history"
OF_A_STREAM = ("current_rows", "complete", "complete_reads", "told", "compared")
# The steps of each history that hold what an account costs; those that are made of others come first.
STEPS = {
    "grant_history": ("told", "entitlements", "held_before"),
    "identity_groups": ("new", "steps", "levels", "names"),
    "identity_history": ("told", "crm", "scim", "filled", "states"),
    "membership_history": OF_A_STREAM,
    "group_history": OF_A_STREAM,
    "scim_user_history": OF_A_STREAM,
    "owner_history": OF_A_STREAM,
}


def directory(*people: str) -> dict[str, list[Row]]:
    return {
        "owners": [owner(1, "ann@x", role_id=1)],
        "roles": [role(1, "Sales")],
        "scim_users": [user(name, f"{name}@x") for name in people],
        "scim_groups": [group("all")],
        "scim_group_members": members("all", *people),
    }


def looked_at(engine: Engine, work: Path, model: str, run: str) -> dict[str, set[str]]:
    """The accounts in each step of a history, as they were when it was built for this run."""
    engine.change(f"delete from freshsales_history.{PREFIX}{model} where sync_id = '{run}'")
    compiled = target(work, engine.environment) / "compiled" / HISTORIES / f"{PREFIX}{model}.sql"
    text = compiled.read_text()
    *_, end = re.finditer(r"^\)\s+^select", text, re.MULTILINE)
    steps = text[: end.start() + 1]
    return {
        step: {row["account"] for row in engine.query(f"{steps} select distinct account from {step}")}
        for step in STEPS[model]
    }


def test_a_build_looks_only_at_accounts_with_a_new_read(engine: Engine, work: Path) -> None:
    raw = Raw()
    for account in ("a", "b", "c"):
        raw.load(account, 1, directory("ann", "bob"))
    engine.load(raw)
    built("run", "--quiet", work=work, environment=engine.environment)
    raw.load("b", 2, directory("ann"))
    engine.load(raw)
    built("run", "--quiet", work=work, environment=engine.environment)
    told = f"select account, scim_status from freshsales_history.{PREFIX}identity_history where revision > 1"
    assert [tuple(row.values()) for row in engine.query(told)] == [("b", "removed")]
    found = {model: looked_at(engine, work, model, sync_id("b", 2)) for model in STEPS}
    assert found == {model: {step: {"b"} for step in steps} for model, steps in STEPS.items()}
