"""Decisions come back, and the next complete reads tell what became of them."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from click.testing import CliRunner, Result

from freshsales_review.cli import main
from freshsales_review.decisions.sheet import COLUMNS
from tests.marts.dbt import built
from tests.marts.engines import DuckDB, Engine, Row
from tests.marts.people import group, members, owner, role, user
from tests.marts.raw import Raw

CAMPAIGN = "2026-Q4"
PEOPLE = ("ann", "bob", "cid", "dan", "eve", "fay")
MARTS = "freshsales_identity"


def there(**changes: Mapping[str, Any]) -> dict[str, list[Row]]:
    """Return the whole company on a day; None takes a person away, `groups` are whose member somebody is."""
    owners, users = [], []
    of_groups: dict[str, list[str]] = {"sales": [], "north": []}
    for number, name in enumerate(PEOPLE, start=1):
        change = dict(changes.get(name, {}))
        groups = change.pop("groups", ("sales", "north") if name == "fay" else ("sales",))
        crm, scim = change.pop("crm", True), change.pop("scim", True)
        if crm is not None:
            owners.append(owner(number, f"{name}@x", is_active=crm, role_id=change.pop("role", 1)))
        if scim is not None:
            users.append(user(name, f"{name}@x", active=scim, department="A"))
            for one in groups:
                of_groups[one].append(name)
    rows = [row for name, ids in of_groups.items() for row in members(name, *ids)]
    # Everybody of the group "north" is of the group "all", which has the group "sales" within it.
    return {
        "owners": owners,
        "roles": [role(1, "Agent"), role(2, "Manager")],
        "scim_users": users,
        "scim_groups": [group("sales"), group("north"), group("all")],
        "scim_group_members": [*rows, *members("all", "sales", "north", kind="Group")],
    }


class Company:
    """A warehouse with one account, what was loaded into it, and the decisions made about it."""

    def __init__(self, engine: Engine, work: Path, folder: Path) -> None:
        self.engine, self.work, self.folder = engine, work, folder
        self.raw = Raw()

    @property
    def location(self) -> str:
        return str(self.engine.path) if isinstance(self.engine, DuckDB) else self.engine.url

    def read(
        self, day: int, incomplete: Mapping[str, str] | None = None, **changes: Mapping[str, Any]
    ) -> None:
        self.raw.load("a", day, there(**changes), incomplete=incomplete)
        self.engine.load(self.raw)
        self.build()

    def build(self) -> None:
        built("run", "--quiet", work=self.work, environment=self.engine.environment)

    def run(self, *arguments: str) -> Result:
        command, *rest = arguments
        warehouse = ["--warehouse", self.location]
        if command == "campaign":
            return CliRunner().invoke(main, [command, rest[0], *warehouse, *rest[1:]])
        return CliRunner().invoke(main, [command, *warehouse, *rest])

    def subjects(self) -> list[Row]:
        """Return what the report exports: a row a person and a row a grant, with nothing decided."""
        reads = {
            row["stream"]: {"sync_id": row["sync_id"], "population_sha256": row["population_sha256"]}
            for row in self.engine.query(
                f"select * from {MARTS}.data_quality where sync_id = last_complete_sync_id and is_complete"
            )
        }
        empty = dict.fromkeys(COLUMNS, "")
        of_people = [
            {
                **empty,
                **reads["scim_users"],
                "account": "a",
                "name": row["scim_user_id"],
                "identity_key": row["identity_key"],
            }
            for row in self.engine.query(f"select * from {MARTS}.identities")
        ]
        names = {row["identity_key"]: row["name"] for row in of_people}
        streams = {"crm_role": "owners", "scim_group": "scim_group_members"}
        of_grants = [
            {
                **empty,
                **reads[streams[row["resource_type"]]],
                **{name: row[name] for name in ("account", "identity_key", "grant_key", "resource_type")},
                "name": f"{names[row['identity_key']]} {row['resource_name']} {row['granted_via']}",
            }
            for row in self.engine.query(f"select * from {MARTS}.identity_entitlements")
        ]
        return of_people + of_grants

    def decide(self, rows: Iterable[Row], *options: str, name: str = "decisions.csv", **how: Any) -> Result:
        path = self.folder / name
        path.write_bytes(saved(list(rows), **how))
        return self.run("decide", "--campaign", CAMPAIGN, *options, str(path))

    def decided(self, **decisions: str) -> list[Row]:
        """Return the rows of those who are named, with what was decided about each by the head."""
        wanted = {name.replace("_", " "): decision for name, decision in decisions.items()}
        rows = [row for row in self.subjects() if row["name"] in wanted]
        assert {row["name"] for row in rows} == set(wanted)
        return [row | {"decision": wanted[row["name"]], "reviewer": "head@x"} for row in rows]

    def outcomes(self) -> dict[str, str]:
        names = {row["identity_key"]: row["name"] for row in self.subjects() if not row["grant_key"]}
        return {
            f"{names[row['identity_key']]} {row['resource_name'] or ''}".strip(): row["outcome"]
            for row in self.engine.query(f"select * from {MARTS}.review_outcomes")
        }

    def written(self, table: str = "review_decisions") -> int:
        try:
            return int(self.engine.query(f"select count(*) as n from freshsales_decisions.{table}")[0]["n"])
        except Exception:  # noqa: BLE001 - there is no such table on either engine
            return 0


def saved(
    rows: list[Row],
    *,
    delimiter: str = ",",
    encoding: str = "utf-8-sig",
    quoting: Literal[0, 1] = csv.QUOTE_ALL,
) -> bytes:
    text = io.StringIO(newline="")
    columns = list(dict.fromkeys(column for row in rows for column in row)) or list(COLUMNS)
    writer = csv.DictWriter(text, columns, delimiter=delimiter, quoting=quoting)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


@pytest.fixture
def company(engine: Engine, work: Path, tmp_path: Path) -> Company:
    return Company(engine, work, tmp_path)


def open_by_flag(company: Company) -> None:
    """Only what the mart review_flags describes is a flag; its holders are the scope."""
    unknown = company.run("campaign", "open", "2027-Q2", "--flag", "risk_score")
    assert unknown.exit_code == 1
    assert "There is no flag risk_score. There are: deprovisioning_failed, " in unknown.output
    flagged = company.run("campaign", "open", "2027-Q2", "--flag", "has_no_manager")
    assert flagged.exit_code == 0, flagged.output
    [asked] = company.engine.query(
        f"select count(*) as people from {MARTS}.access_review where has_no_manager"
    )
    [scope] = company.engine.query(
        "select count(distinct identity_key) as people from freshsales_decisions.campaign_scope "
        "where campaign = '2027-Q2'"
    )
    assert scope["people"] == asked["people"] > 0


def test_outcomes_are_what_the_complete_reads_after_a_decision_show(company: Company) -> None:
    company.read(1)
    assert company.engine.query(f"select * from {MARTS}.review_campaigns") == []
    rows = company.decided(
        ann="revoke",
        bob="revoke",
        cid="revoke",
        dan="keep",
        dan_Agent_direct="revoke",
        eve_Agent_direct="revoke",
        **{"fay_All group_Sales group": "revoke"},
    )
    taken = company.decide(rows)
    assert taken.exit_code == 0, taken.output
    assert company.written() == 7
    company.build()
    assert set(company.outcomes().values()) == {"pending", "kept"}

    # Ann is gone on one side alone, Bob on both; Fay is still in "all" by the group "north".
    company.read(
        2,
        ann={"crm": False},
        bob={"crm": None, "scim": False},
        cid={"crm": None, "scim": None},
        dan={"role": 2},
        fay={"groups": ("north",)},
    )
    assert company.outcomes() == {
        "ann": "pending",
        "bob": "carried_out",
        "cid": "carried_out",
        "dan": "kept",
        "dan Agent": "carried_out",
        "eve Agent": "pending",
        "fay All group": "pending",
    }
    # What a read that is not complete did not show, nobody has lost.
    company.read(
        3,
        incomplete={"owners": "stopped", "scim_users": "stopped", "scim_group_members": "stopped"},
        ann={"crm": None, "scim": None},
        bob={"crm": None, "scim": False},
        eve={"crm": None},
        cid={"crm": None, "scim": None},
        dan={"role": 2},
        fay={"groups": ()},
    )
    assert company.outcomes()["ann"] == company.outcomes()["eve Agent"] == "pending"
    assert company.outcomes()["fay All group"] == "pending"
    company.read(
        4,
        ann={"crm": False, "scim": None},
        bob={"crm": True, "scim": False},
        cid={"crm": None, "scim": None},
        dan={"role": 1},
        fay={"groups": ()},
    )
    assert company.outcomes() == {
        "ann": "carried_out",
        "bob": "undone",
        "cid": "carried_out",
        "dan": "kept",
        "dan Agent": "undone",
        "eve Agent": "pending",
        "fay All group": "carried_out",
    }
    rows = company.engine.query(f"select * from {MARTS}.review_outcomes")
    between = {
        row["outcome"]: (
            str(row["carried_out_after_sync_id"])[:8],
            str(row["carried_out_sync_id"])[:8],
            str(row["undone_sync_id"])[:8],
        )
        for row in rows
        if row["grant_key"] is None
    }
    assert between["undone"] == ("20261101", "20261102", "20261104")
    [campaign] = company.engine.query(f"select * from {MARTS}.review_campaigns")
    assert (campaign["people_in_scope"], campaign["people_decided"], campaign["to_revoke"]) == (6, 4, 6)
    assert (campaign["carried_out"], campaign["undone"], campaign["pending"]) == (3, 2, 1)
    assert campaign["population_matches"]
    assert not campaign["is_complete"]


def test_all_decisions_of_a_file_are_written_or_none_and_none_twice(company: Company) -> None:
    company.read(1)
    rows = company.decided(ann="revoke", bob="keep", eve_Agent_direct="change")
    [ann, bob] = [next(row for row in rows if row["name"] == name) for name in ("ann", "bob")]
    bad = [*rows, ann | {"identity_key": "nobody"}, bob | {"reviewer": "bob@x"}]
    refused = company.decide(bad)
    assert refused.exit_code == 1
    assert "decisions.csv, row 5: the warehouse knows no such person" in refused.output
    assert "decisions.csv, row 6: the reviewer decides about themselves" in refused.output
    assert company.written() == 0
    assert company.written("campaigns") == 0

    dry = company.decide(rows, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "3 decisions are new" in dry.output
    assert company.written() == 0

    first = company.decide(rows)
    assert first.exit_code == 0, first.output
    assert (company.written(), company.written("campaigns"), company.written("campaign_scope")) == (3, 1, 26)
    again = company.decide(rows[::-1], name="saved-anew.csv", delimiter=";", encoding="utf-8")
    assert again.exit_code == 0, again.output
    assert "0 decisions are new, 3 were there already" in again.output
    assert company.written() == 3

    # A later decision stands, and both stay.
    assert company.decide([ann | {"decision": "keep"}]).exit_code == 0
    assert company.written() == 4
    assert "A later decision stands" in company.decide([ann]).output
    company.build()
    assert company.outcomes() == {"ann": "kept", "bob": "kept", "eve Agent": "pending"}
    [campaign] = company.engine.query(f"select * from {MARTS}.review_campaigns")
    assert campaign["self_decisions_refused"] == 1
    people = company.engine.query(
        f"select last_decision, changed_since_decision from {MARTS}.access_review "
        "where last_decision is not null"
    )
    assert people == [{"last_decision": "keep", "changed_since_decision": False}] * 2

    listed = company.run("campaign", "list")
    assert "2 of 6 people" in listed.output, listed.output
    assert company.run("campaign", "close", CAMPAIGN).exit_code == 0
    closed = company.decide([ann | {"decision": "change"}])
    assert closed.exit_code == 1
    assert "is closed" in closed.output
    opened = company.run("campaign", "open", "2027-Q1", "--department", "A", "--due", "2099-01-31")
    assert opened.exit_code == 0, opened.output
    assert "department A  open, due 2099-01-31" in opened.output
    assert company.run("campaign", "open", "2027-Q1").exit_code == 1
    open_by_flag(company)
    company.engine.change(
        f"delete from freshsales_decisions.campaign_scope where campaign = '{CAMPAIGN}' and grant_key is null"
    )
    company.build()
    matches = {
        row["campaign"]: row["population_matches"]
        for row in company.engine.query(f"select * from {MARTS}.review_campaigns")
    }
    assert matches == {CAMPAIGN: False, "2027-Q1": True, "2027-Q2": True}
