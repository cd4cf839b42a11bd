"""What a build looks at: the accounts that were read since the last one, not all there are."""

from pathlib import Path

from tests.marts.dbt import built, target
from tests.marts.engines import Engine
from tests.marts.people import owner, user
from tests.marts.raw import Raw

MODEL = "int_freshsales__identity_history"


def accounts_looked_at(engine: Engine, work: Path) -> dict[str, frozenset[str]]:
    """Build all that comes before the history, and ask its steps which accounts they hold."""
    before = ("--select", f"+{MODEL}", "--exclude", MODEL)
    built("run", "--quiet", *before, work=work, environment=engine.environment)
    built("compile", "--quiet", "--select", MODEL, work=work, environment=engine.environment)
    [compiled] = (target(work, engine.environment) / "compiled").rglob(f"{MODEL}.sql")
    steps = compiled.read_text().rpartition("\nselect * from new_states\n")[0]
    asked = {
        step: f"{steps}\nselect distinct account from {step}"
        for step in ("told", "crm", "scim", "filled", "states")
    }
    looked_at = {step: frozenset(row["account"] for row in engine.query(sql)) for step, sql in asked.items()}
    built("run", "--quiet", "--select", MODEL, work=work, environment=engine.environment)
    return looked_at


def test_a_build_looks_only_at_accounts_with_a_new_read(engine: Engine, work: Path) -> None:
    raw = Raw()
    for account in ("a", "b", "c"):
        raw.load(account, 1, {"owners": [owner(1, "ann@x")], "scim_users": [user("ann", "ann@x")]})
    engine.load(raw)
    built("run", "--quiet", "--select", f"+{MODEL}", work=work, environment=engine.environment)
    raw.load("b", 2, {"owners": [owner(1, "ann@x")], "scim_users": []})
    engine.load(raw)
    assert set(accounts_looked_at(engine, work).values()) == {frozenset({"b"})}
    told = f"select account, observation, scim_status from freshsales_history.{MODEL} where revision > 1"
    assert [tuple(row.values()) for row in engine.query(told)] == [("b", "state", "removed")]
