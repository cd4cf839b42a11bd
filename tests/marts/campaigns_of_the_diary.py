"""Two campaigns in the sixty days: who was decided about, what was carried out, and what must be told of it.

The first, after the first run, is about the CRM role of every owner; the second, after the run that saw one
side alone, is about people. The diary decides what is carried out, when, and what is given back. What is
expected comes from the states of the company at its complete reads; nothing of that looks at a warehouse.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from click.testing import CliRunner

from freshsales_review.cli import main
from freshsales_review.decisions.sheet import COLUMNS
from tests.marts.engines import DuckDB, Engine, Row
from tests.marts.living import Read, State, account, owner

ROLES, PEOPLE = "Roles", "People"
MARTS = "freshsales_identity"
# The first few stay, whatever becomes of them.
KEPT = 2


@dataclass(frozen=True)
class Decided:
    campaign: str
    id_: str
    role: str | None
    """Of the role that was decided about; null where it was the person."""
    decision: str
    sync_id: str


@dataclass
class Campaigns:
    engine: Engine
    folder: Path
    roles: list[Decided] = field(default_factory=list)
    people: list[Decided] = field(default_factory=list)
    founders: State = field(default_factory=dict)

    def after(self, run: str, read: Read) -> None:
        """Decide about what the marts show; and let the first campaign fall due with the run of one side."""
        if not self.roles:
            self.founders = read.state
            self.roles = self._decided_about_roles(read.state)
            self._decide(ROLES, self.roles)
        elif run == "no scim":
            self.engine.change(
                "update freshsales_decisions.campaigns set due_at = "
                f"(select max(finished_at) from {MARTS}.data_quality) where campaign = '{ROLES}'"
            )
            self.people = self._decided_about_people(read.state)
            self._decide(PEOPLE, self.people)

    def _decided_about_roles(self, state: State) -> list[Decided]:
        ids = sorted(id_ for id_, person in state.items() if person.is_owner and person.role)
        return [
            Decided(ROLES, id_, state[id_].role, "keep" if place < KEPT else "revoke", self._read("owners"))
            for place, id_ in enumerate(ids)
        ]

    def _decided_about_people(self, state: State) -> list[Decided]:
        ids = sorted(
            id_
            for id_, person in state.items()
            # Of others, SCIM may not have told yet.
            if id_ in self.founders and person.is_owner and person.has_account and person.active
        )
        return [
            Decided(PEOPLE, id_, None, "keep" if place < KEPT else "revoke", self._read("scim_users"))
            for place, id_ in enumerate(ids)
        ]

    def _read(self, stream: str) -> str:
        [row] = self.engine.query(
            f"select max(last_complete_sync_id) as sync_id from {MARTS}.data_quality "
            f"where stream = '{stream}'"
        )
        return str(row["sync_id"])

    def _decide(self, campaign: str, decisions: list[Decided]) -> None:
        reads = {
            row["sync_id"]: row["population_sha256"]
            for row in self.engine.query(
                f"select sync_id, population_sha256 from {MARTS}.data_quality "
                "where sync_id = last_complete_sync_id and stream in ('owners', 'scim_users')"
            )
        }
        people = {
            row["id"]: row
            for row in self.engine.query(
                "select account, identity_key, coalesce(scim_user_id, cast(crm_owner_id as varchar)) as id "
                f"from {MARTS}.identities"
            )
        }
        grants = {
            (row["identity_key"], row["resource_name"]): row["grant_key"]
            for row in self.engine.query(
                f"select * from {MARTS}.identity_entitlements where resource_type = 'crm_role'"
            )
        }
        path = self.folder / f"{campaign}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(COLUMNS)
            for one in decisions:
                person = people[one.id_]
                key = person["identity_key"]
                grant = grants[key, one.role] if one.role else ""
                rests_on = (one.sync_id, reads[one.sync_id])
                writer.writerow(
                    [person["account"], key, grant, *rests_on, one.decision, "head@x.example", "", ""]
                )
        location = str(self.engine.path) if isinstance(self.engine, DuckDB) else self.engine.url
        arguments = ["decide", "--warehouse", location, "--campaign", campaign, str(path)]
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output

    def check(self, reads: Sequence[Read]) -> None:
        """Hold the marts against the diary; each kind of outcome has to be among them."""
        rows = self.engine.query(
            "select made.*, coalesce(person.scim_user_id, cast(person.crm_owner_id as varchar)) as id "
            f"from {MARTS}.review_outcomes as made join {MARTS}.identities as person "
            "on person.account = made.account and person.identity_key = made.identity_key"
        )
        told = {(row["campaign"], row["id"]): row for row in rows}
        decided = [*self.roles, *self.people]
        assert len(told) == len(rows) == len(decided)
        expected = {(one.campaign, one.id_): outcome(one, reads) for one in decided}
        assert {key: found_of(row) for key, row in told.items()} == expected
        of_roles = [row for row in rows if row["campaign"] == ROLES]
        assert {row["outcome"] for row in of_roles} >= {"kept", "carried_out", "overdue", "undone"}
        outs = [row["carried_out_by"] for row in of_roles if row["outcome"] == "carried_out"]
        due_at = of_roles[0]["due_at"]
        assert min(outs) <= due_at < max(outs), "some were carried out in time, and some late"
        of_people = {row["outcome"] for row in rows if row["campaign"] == PEOPLE}
        assert of_people >= {"kept", "carried_out", "pending"}


def found_of(row: Row) -> tuple[object, ...]:
    return (
        row["outcome"],
        *(row["carried_out_sync_id"] if row["outcome"] in {"carried_out", "undone"} else None,),
        row["undone_sync_id"],
    )


def outcome(one: Decided, reads: Sequence[Read]) -> tuple[object, ...]:
    """Return the outcome, and the reads that showed it carried out and undone for the last time."""
    seen = list(states(one, reads))
    # It was held at the read that was decided on.
    turns = [now for before, now in pairwise([("", True), *seen]) if now[1] != before[1]]
    out = next((sync_id for sync_id, is_held in reversed(turns) if not is_held), None)
    back = next((sync_id for sync_id, is_held in reversed(turns) if is_held), None)
    if one.decision == "keep":
        return ("kept", None, None)
    is_held = seen[-1][1]
    if is_held and back is None:
        return ("overdue" if one.campaign == ROLES else "pending", None, None)
    return ("undone" if is_held else "carried_out", out, back)


def states(one: Decided, reads: Sequence[Read]) -> Iterator[tuple[str, bool]]:
    """Yield the reads that tell of it, from the one that was decided on, and whether it was held then."""
    in_crm = in_scim = True
    for read in reads:
        if one.role is not None:
            if read.is_of_crm and read.sync_id >= one.sync_id:
                person = owner(one.id_, read.state)
                yield read.sync_id, bool(person and person.role == one.role)
            continue
        if read.is_of_crm:
            in_crm = owner(one.id_, read.state) is not None
        if read.is_of_scim:
            user = account(one.id_, read.state)
            in_scim = bool(user and user.active)
        if read.sync_id >= one.sync_id:
            yield read.sync_id, in_crm or in_scim
