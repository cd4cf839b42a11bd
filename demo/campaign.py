"""One small campaign: decisions about everybody who gets in past SSO. Some of them are carried out."""

import csv
import subprocess
from pathlib import Path

from rich.console import Console
from rich.table import Table

from demo.errors import DemoFailedError
from demo.warehouse import opened
from freshsales_review.decisions.sheet import COLUMNS
from freshsales_review.terminal import cell
from freshsales_sandbox.app import Sandbox

CAMPAIGN, REVIEWER = "Past SSO", "head.of.it@acme.example"
KEPT, CARRIED_OUT = 1, 3

IN_SCOPE = """
select r.account, r.identity_key, q.sync_id, q.population_sha256, i.crm_owner_id
from freshsales_identity.access_review r
join freshsales_identity.identities i using (account, identity_key)
join freshsales_identity.data_quality q on q.account = r.account and q.stream = 'owners'
    and q.sync_id = q.last_complete_sync_id
where r.is_unmanaged
order by r.display_name, r.identity_key
"""
OUTCOMES = """
select coalesce(i.display_name, o.identity_key) as who, o.decision, o.decided_by as "by", o.outcome,
    strftime(o.carried_out_by, '%Y-%m-%d %H:%M') as "seen at (UTC)"
from freshsales_identity.review_outcomes o
left join freshsales_identity.identities i using (account, identity_key)
where o.campaign = ?
order by o.decision = 'keep', o.outcome, who
"""


def hold(program: Path, warehouse: Path, decisions: Path, sandbox: Sandbox) -> str:
    """Open, decide and close the campaign by the commands, and remove some of the access in Freshsales."""
    with opened(warehouse) as connection:
        found = connection.sql(IN_SCOPE).fetchall()
    lines, revoked = [], []
    for place, (account, key, sync_id, population, owner_id) in enumerate(found):
        decision = "keep" if place < KEPT else "revoke"
        note = "a service account" if decision == "keep" else "has to sign in by SSO"
        lines.append([account, key, "", sync_id, population, decision, REVIEWER, note, ""])
        if decision == "revoke":
            revoked.append(owner_id)
    with decisions.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *lines])
    options = ("--warehouse", str(warehouse))
    said = [
        _run(program, "campaign", "open", *options, "--flag", "is_unmanaged", CAMPAIGN),
        _run(program, "decide", *options, "--campaign", CAMPAIGN, str(decisions)),
        _run(program, "campaign", "close", *options, CAMPAIGN),
    ]
    carry_out(sandbox, set(revoked[:CARRIED_OUT]))
    return said[1]


def carry_out(sandbox: Sandbox, owner_ids: set[int]) -> None:
    """Switch their accounts off, as an administrator of Freshsales would."""
    with sandbox.directory.lock:
        for person in list(sandbox.directory.people):
            if person.crm_id in owner_ids:
                sandbox.directory.change(person, crm_active=False)


def print_outcomes(console: Console, warehouse: Path) -> None:
    with opened(warehouse) as connection:
        found = connection.execute(OUTCOMES, [CAMPAIGN])
        names = [column[0] for column in found.description or ()]
        rows = found.fetchall()
    table = Table(
        title=f"What became of the decisions of the campaign “{CAMPAIGN}”",
        title_justify="left",
        title_style="bold",
    )
    for name in names:
        table.add_column(name)
    for row in rows:
        table.add_row(*(cell(value or "") for value in row))
    console.print(table)


def _run(program: Path, *arguments: str) -> str:
    finished = subprocess.run(  # noqa: S603 - our own command
        [str(program), *arguments], capture_output=True, text=True, check=False
    )
    if finished.returncode:
        said = f"{finished.stdout}{finished.stderr}".strip()
        raise DemoFailedError(f"`freshsales-review {arguments[0]}` failed, and says why: {said}")
    return finished.stdout.strip()
