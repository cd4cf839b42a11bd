"""Checks every row of every file before anything is written, and reports all problems at once."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr

from freshsales_review.decisions.dates import moment_of
from freshsales_review.decisions.population import CompleteRead, Subject
from freshsales_review.decisions.sheet import Line, Problem, Sheet

DECISIONS = ("keep", "revoke", "change")
LONG_AGO = datetime(1970, 1, 1)  # noqa: DTZ001 - as the warehouse keeps it: UTC without a zone


@dataclass(frozen=True)
class Decision:
    """A decision in a row of a file."""

    account: str
    subject: Subject
    decision: str
    reviewer: str
    note: str
    given_at: datetime | None
    """The time of the decision in the file; None if the file has none."""
    sync_id: str
    population_sha256: str
    file: str
    file_sha256: str
    row: int

    @property
    def content(self) -> str:
        """What was decided, without what a spreadsheet program may change: white space and seconds."""
        return json.dumps(
            [
                self.account,
                *self.subject,
                self.decision,
                " ".join(self.reviewer.split()),
                " ".join(self.note.split()),
                f"{self.given_at:%Y-%m-%dT%H:%M}" if self.given_at else "",
            ]
        )

    def key(self, campaign: str) -> str:
        """The key of the decision in a campaign: the same decision always has the same key."""
        return hashlib.sha256(f"{campaign}\n{self.content}".encode()).hexdigest()


@dataclass
class Checked:
    """The decisions that are right, and the problems of the others."""

    decisions: list[Decision] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    self_decisions: list[Decision] = field(default_factory=list)
    undecided: int = 0
    """Number of rows without a decision."""


@dataclass(frozen=True)
class Rules:
    """What rows are checked against."""

    reads: Mapping[tuple[str, str], CompleteRead]
    known_people: frozenset[tuple[str, str]]
    scope_of: Callable[[str, str], "Scope | str"]
    """For each account and run: the subjects of decisions, or the reason why there are none."""
    words: Mapping[tuple[str, str], set[str]]
    now: datetime
    max_age: timedelta


@dataclass(frozen=True)
class Scope:
    """The people and grants that may be decided about."""

    subjects: frozenset[Subject]
    is_frozen: bool


def checked(sheets: Iterable[Sheet], rules: Rules) -> Checked:
    """Check all rows of all files."""
    found = Checked()
    for sheet in sheets:
        found.problems += sheet.problems
        for line in sheet.lines:
            if not line.cells["decision"]:
                found.undecided += 1
                continue
            decision, problems = _row(sheet, line, rules)
            if decision and _decides_about_self(decision, rules):
                problems = [*problems, "the reviewer decides about themselves."]
                found.self_decisions.append(decision)
            found.problems += [Problem(sheet.file, problem, line.number) for problem in problems]
            if decision and not problems:
                found.decisions.append(decision)
    found.problems += _contradictions(found.decisions)
    return found


def _row(sheet: Sheet, line: Line, rules: Rules) -> tuple[Decision | None, list[str]]:
    cells = line.cells
    problems = []
    word = cells["decision"].lower()
    if word not in DECISIONS:
        problems.append(f"the decision is none of {', '.join(DECISIONS)}.")
    if not cells["reviewer"]:
        problems.append("no reviewer is named.")
    account, subject = cells["account"], (cells["identity_key"], cells["grant_key"])
    if not subject[1] and cells.get("resource_type"):
        problems.append("it is about a grant, and its grant_key is missing.")
    read = rules.reads.get((account, cells["sync_id"]))
    problems += _about_read(cells, read, rules)
    if read is not None:
        problems += _about_subject(account, subject, cells["sync_id"], rules)
    given_at = None
    if cells["decided_at"]:
        earliest = read.finished_at if read else LONG_AGO
        try:
            given_at = moment_of(cells["decided_at"], earliest=earliest, latest=rules.now)
        except ValueError as error:
            problems.append(str(error))
    if not cells["reviewer"] or (account, subject[0]) not in rules.known_people:
        return None, problems
    return Decision(
        account,
        subject,
        word,
        cells["reviewer"],
        cells["note"],
        given_at,
        cells["sync_id"],
        cells["population_sha256"],
        sheet.file,
        sheet.sha256,
        line.number,
    ), problems


def _about_read(cells: Mapping[str, str], read: CompleteRead | None, rules: Rules) -> Iterator[str]:
    if not cells["sync_id"]:
        yield "it rests on no complete read: its sync_id is empty."
    elif read is None:
        yield "it rests on a read that is not complete, or not of this warehouse: see sync_id."
    elif cells["population_sha256"] not in read.populations:
        yield "the population_sha256 is not that of the read that it rests on."
    elif rules.now - read.finished_at > rules.max_age:
        days = (rules.now - read.finished_at).days
        yield f"it rests on a read of {days} days ago; {rules.max_age.days} are allowed. Write a new report."


def _about_subject(account: str, subject: Subject, sync_id: str, rules: Rules) -> Iterator[str]:
    person, grant = subject
    if (account, person) not in rules.known_people:
        yield "the warehouse knows no such person: see account and identity_key."
        return
    scope = rules.scope_of(account, sync_id)
    if isinstance(scope, str):
        yield scope
    elif subject not in scope.subjects:
        what = "the grant" if grant else "the person"
        if scope.is_frozen:
            yield f"{what} is not in the scope of the campaign, as it was frozen when it was opened."
        elif grant:
            yield "the person did not hold such a grant at the read that it rests on: see grant_key."
        else:
            yield "the person was not there at the read that it rests on."


def _decides_about_self(decision: Decision, rules: Rules) -> bool:
    own = rules.words.get((decision.account, decision.subject[0]), set())
    return not _signs(decision.reviewer).isdisjoint(sign for word in own for sign in _plain(word))


def _signs(reviewer: str) -> set[str]:
    """The addresses in the text that names the reviewer; if it has none, the whole text."""
    named = set(re.findall(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]+", reviewer))
    named |= {address for _, address in [parseaddr(reviewer)] if "@" in address}
    return {sign for text in named or {reviewer} for sign in _plain(text)}


def _plain(text: str) -> set[str]:
    """The text in a form that does not depend on case, accents and, in a name, the order of the words."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    folded = "".join(letter for letter in folded if not unicodedata.combining(letter))
    words = re.findall(r"[^\s,;]+", folded)
    return {" ".join(sorted(words))} if words else set()


def _contradictions(decisions: Iterable[Decision]) -> Iterator[Problem]:
    first: dict[tuple[str, Subject], Decision] = {}
    for decision in decisions:
        other = first.setdefault((decision.account, decision.subject), decision)
        if other.decision != decision.decision:
            where = "row" if other.file == decision.file else f"{other.file}, row"
            yield Problem(
                decision.file,
                f"{decision.decision} here, and {other.decision} in {where} {other.row}, about the same.",
                decision.row,
            )
