"""A company under review: read, decided about and read again; and what each command said on the way."""

import csv
import io
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from click.testing import CliRunner, Result

from freshsales_review.cli import main
from freshsales_review.decisions.sheet import COLUMNS
from tests.marts.dbt import built
from tests.marts.engines import DuckDB, Engine, Row
from tests.marts.people import group, members, owner, role, user
from tests.marts.raw import Raw, sync_id

CAMPAIGN = "2026-Q4"
OF_PROVIDERS = ("path:models/staging/idp", "path:models/intermediate/idp")
PEOPLE = ("ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal", "ida")
MARTS = "freshsales_identity"
# The reads are of one November, whenever the tests run.
OF_ANY_AGE = ["--max-age-days", "36500"]


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
        "roles": [role(1, "Agent"), role(2, "Manager"), role(3, "Administrator")],
        "scim_users": users,
        "scim_groups": [group("sales"), group("north"), group("all")],
        "scim_group_members": [*rows, *members("all", "sales", "north", kind="Group")],
    }


class Company:
    """A warehouse with one account, what was loaded into it, and the decisions made about it."""

    def __init__(self, engine: Engine, work: Path, folder: Path) -> None:
        self.engine, self.work, self.folder = engine, work, folder
        self.raw = Raw()
        self._is_built = False

    @property
    def location(self) -> str:
        return str(self.engine.path) if isinstance(self.engine, DuckDB) else self.engine.url

    def read(
        self, day: int, incomplete: Mapping[str, str] | None = None, **changes: Mapping[str, Any]
    ) -> None:
        self.raw.load("a", day, there(**changes), incomplete=incomplete)
        self.engine.load(self.raw)
        # There is no identity provider here: what is made of one stays as the first build has made it.
        self._run(*(("--exclude", *OF_PROVIDERS) if self._is_built else ()))
        self._is_built = True

    def build(self) -> None:
        """Build what is made of the decisions; nothing else has changed since the last read."""
        self._run("--select", "path:models/staging/decisions+")

    def _run(self, *selection: str) -> None:
        built("run", "--quiet", *selection, work=self.work, environment=self.engine.environment)

    def run(self, *arguments: str) -> Result:
        command, *rest = arguments
        warehouse = ["--warehouse", self.location]
        if command == "campaign":
            return CliRunner().invoke(main, [command, rest[0], *warehouse, *rest[1:]])
        if command == "decide":
            warehouse += OF_ANY_AGE
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


@dataclass(frozen=True)
class Said:
    exit_code: int
    output: str


@dataclass(frozen=True)
class File:
    mode: int
    content: bytes


@dataclass
class Story:
    """What was seen and said on the way, by what each moment is called."""

    outcomes: dict[str, dict[str, str]] = field(default_factory=dict)
    said: dict[str, Said] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    packs: dict[str, dict[str, File]] = field(default_factory=dict)


# What is noted about Ann: what a spreadsheet would run, and her name.
NOTE = "=Ann has\nleft"
DECIDED = {
    "ann": "revoke",
    "bob": "revoke",
    "cid": "revoke",
    "dan": "keep",
    "dan_Agent_direct": "revoke",
    "eve_Agent_direct": "revoke",
    "fay_All group_Sales group": "revoke",
    "gus": "change",
    "hal": "change",
}
LOST = dict.fromkeys(("owners", "scim_users", "scim_group_members"), "stopped")
CAMPAIGN_MODELS = "stg_freshsales__campaigns review_outcomes review_campaigns"


def told(engine: Engine, work: Path, folder: Path) -> Story:
    """Let the days pass, and write down what the marts and the commands say.

    Ann is gone on one side, and later on both; Bob on both, and is back in the CRM alone; Cid on both. Dan's
    role is another, and later the old one. Fay holds "all" through two groups. Ida becomes an administrator.
    """
    company, story = Company(engine, work, folder), Story()
    say = partial(says, company, story)
    company.read(1)
    story.rows["campaigns before the first"] = engine.query(f"select * from {MARTS}.review_campaigns")
    say("no campaign", "evidence", "--campaign", CAMPAIGN, "--output", str(folder / "none"))
    rows = company.decided(**DECIDED)
    next(row for row in rows if row["name"] == "ann")["note"] = NOTE
    taken = at_once(company, rows)
    story.said["decided first"], story.said["decided at once"] = taken
    story.rows["decided"] = [{"rows": company.written(), "campaigns": company.written("campaigns")}]
    say("not built", "evidence", "--campaign", CAMPAIGN, "--output", str(folder / "none"))
    company.build()
    story.outcomes["decided"] = company.outcomes()
    say("one run", "changes", "--fail-on", "is_admin")

    bob, cid = {"crm": None, "scim": False}, {"crm": None, "scim": None}
    company.read(
        2,
        ann={"crm": False},
        bob=bob,
        cid=cid,
        dan={"role": 2},
        fay={"groups": ("north",)},
        gus={"role": 2},
    )
    story.outcomes["first read"] = company.outcomes()
    say("nothing new", "changes", "--fail-on", "is_orphaned_owner,is_admin,undone")
    # What a read that is not complete did not show, nobody has lost, and nobody has got.
    company.read(
        3,
        incomplete=LOST,
        ann={"crm": None, "scim": None},
        bob=bob,
        cid=cid,
        dan={"role": 2},
        eve={"crm": None},
        fay={"groups": ()},
        gus={"role": 2},
        ida={"role": 3},
    )
    story.outcomes["read that failed"] = company.outcomes()
    for flag in ("read_failed", "is_admin"):
        say(f"failed, {flag}", "changes", "--since", sync_id("a", 2), "--fail-on", flag)
    company.read(
        4,
        ann={"crm": False, "scim": None},
        bob={"crm": True, "scim": False},
        cid=cid,
        dan={"role": 1},
        fay={"groups": ()},
        gus={"role": 2},
        ida={"role": 3},
    )
    story.outcomes["last read"] = company.outcomes()
    for mart in ("review_outcomes", "review_campaigns", "access_review", "identity_timeline"):
        story.rows[mart] = engine.query(f"select * from {MARTS}.{mart}")
    ask_what_changed(company, story)
    let_it_fall_due(company, story)
    hand_over(company, story)
    return story


def says(company: Company, story: Story, moment: str, *arguments: str) -> None:
    result = company.run(*arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    story.said[moment] = Said(result.exit_code, result.output)


def ask_what_changed(company: Company, story: Story) -> None:
    say = partial(says, company, story)
    for form in ("text", "markdown", "json"):
        say(f"since 2, {form}", "changes", "--since", sync_id("a", 2), "--format", form)
    say("since 2, without names", "changes", "--since", sync_id("a", 2), "--without-names")
    say("since a date", "changes", "--since", "2026-11-02T23:00:00+01:00", "--format", "json")
    say("since the run before", "changes", "--format", "json")
    say("since the last", "changes", "--since", sync_id("a", 4), "--fail-on", "is_admin")
    say("since long ago", "changes", "--since", "2026-10-01", "--format", "json", "--fail-on", "is_admin")
    for since in ("2999-01-01", "yesterday"):
        say(f"since {since}", "changes", "--since", since)
    for flag in ("is_orphaned_owner", "is_admin", "undone", "overdue", "read_failed"):
        say(f"fails on {flag}", "changes", "--since", sync_id("a", 2), "--fail-on", flag)
    say("fails on nothing known", "changes", "--fail-on", "is_rich")


def let_it_fall_due(company: Company, story: Story) -> None:
    say, engine = partial(says, company, story), company.engine
    say("opened for what changed", "campaign", "open", "2027-Q1", "--changed", "--due", "2099-01-31")
    story.rows["changed"] = engine.query(
        "select distinct person.scim_user_id as name from freshsales_decisions.campaign_scope as scope "
        f"join {MARTS}.identities as person on person.identity_key = scope.identity_key "
        "where scope.campaign = '2027-Q1'"
    )
    # A day that lies between reads 2 and 4, and one after the last read.
    for moment, due_at in (("overdue", "2026-11-03 12:00:00"), ("due later", "2026-11-10 12:00:00")):
        engine.change(
            f"update freshsales_decisions.campaigns set due_at = '{due_at}' where campaign = '{CAMPAIGN}'"
        )
        built(
            "run", "--quiet", "--select", CAMPAIGN_MODELS, work=company.work, environment=engine.environment
        )
        story.outcomes[moment] = company.outcomes()
        if moment == "overdue":
            say("overdue since 2", "changes", "--since", sync_id("a", 2), "--fail-on", "overdue")


def hand_over(company: Company, story: Story) -> None:
    say, folder = partial(says, company, story), company.folder
    say("closed", "campaign", "close", CAMPAIGN)
    say("closed twice", "campaign", "close", CAMPAIGN)
    say("closed unknown", "campaign", "close", "2001-Q1")
    say("decided when closed", "decide", "--campaign", CAMPAIGN, str(folder / "decisions.csv"))
    say("closed, not built", "evidence", "--campaign", CAMPAIGN, "--output", str(folder / "none"))
    story.rows["nothing half written"] = [{"there": (folder / "none").exists()}]
    company.build()

    options = {"first": (), "again": (), "without names": ("--without-names",)}
    for name, option in options.items():
        output = folder / "packs" / name
        say(f"pack {name}", "evidence", "--campaign", CAMPAIGN, "--output", str(output), *option)
        story.packs[name] = packed(output)
    say("pack over pack", "evidence", "--campaign", CAMPAIGN, "--output", str(folder / "packs" / "first"))
    story.packs["over"] = packed(folder / "packs" / "first")
    (folder / "packs" / "again" / "notes.txt").write_text("mine")
    say("pack over notes", "evidence", "--campaign", CAMPAIGN, "--output", str(folder / "packs" / "again"))
    story.rows["notes"] = [{"text": (folder / "packs" / "again" / "notes.txt").read_text()}]
    say("unknown campaign", "evidence", "--campaign", "2001-Q1", "--output", str(folder / "none"))


def packed(folder: Path) -> dict[str, File]:
    """Return all files of a folder, and the folder itself under its own name: a dot."""
    files = {path.name: File(path.stat().st_mode & 0o777, path.read_bytes()) for path in folder.iterdir()}
    return files | {".": File(folder.stat().st_mode & 0o777, b"")}


def at_once(company: Company, rows: list[Row]) -> list[Said]:
    """Take the same decisions by two processes at one time; the one that has written them comes first."""
    path = company.folder / "decisions.csv"
    path.write_bytes(saved(rows))
    program = Path(sys.executable).with_name("freshsales-review")
    options = [*OF_ANY_AGE, "--warehouse", company.location, "--campaign", CAMPAIGN]
    running = [
        subprocess.Popen(
            [program, "decide", *options, path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(2)
    ]
    printed = [process.communicate()[0] for process in running]
    taken = [Said(process.returncode, text) for process, text in zip(running, printed, strict=True)]
    return sorted(taken, key=lambda said: "9 decisions are new" not in said.output)
