"""The overview of all accounts: what was read and when, and how many people have a flag. It names nobody."""

from __future__ import annotations

import datetime as dt
import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import quote

from freshsales_review.errors import ReviewError
from freshsales_review.report.data import require_marts
from freshsales_review.verify import NOT_GIVEN
from freshsales_review.warehouse import Warehouse, identifier, utc

# One row for each stream: its latest read, and since when no read was whole.
STREAMS = """
select latest.account, latest.stream, latest.started_at, latest.finished_at,
    coalesce(latest.is_complete, false) and coalesce(latest.has_arrived, false) and not latest.is_held_back
        as is_whole,
    coalesce(latest.replication_method, '') = 'INCREMENTAL' as is_incremental,
    latest.incomplete_reason, latest.last_complete_at, min(since.finished_at) as failing_since
from {marts}.data_quality as latest
left join {marts}.data_quality as since
    on since.account = latest.account and since.stream = latest.stream
    and (latest.last_complete_sync_id is null or since.sync_id > latest.last_complete_sync_id)
where latest.is_latest_run
group by latest.account, latest.stream, latest.started_at, latest.finished_at, latest.is_complete,
    latest.has_arrived, latest.is_held_back, latest.replication_method, latest.incomplete_reason,
    latest.last_complete_at
order by latest.account, latest.stream
"""
PEOPLE = """
select account, count(*) as people, count(case when needs_decision then 1 end) as to_decide
from {marts}.access_review
group by account
"""
RAISED = """
select account, flag, count(case when is_raised then 1 end) as people,
    count(case when is_raised is null then 1 end) as not_known
from {marts}.identity_flags
group by account, flag
"""
# The heading and the style of the columns before those of the flags.
COLUMNS = {
    "Account": "",
    "Last tried": "moment",
    "Last complete read": "moment",
    "Failing since": "moment since",
    "Why": "words",
    "People": "number",
    "To decide": "number",
}
FLAGS = "select flag, label from {marts}.review_flags order by place"
NOT_READ = "not read in this run"
ALL_STREAMS = "all streams"


@dataclass(frozen=True)
class Inventory:
    """What a run had to read. Without it, each account must give what it ever gave."""

    required: Mapping[str, frozenset[str]]
    """The streams that each account must give, by account."""
    since: dt.datetime

    @classmethod
    def load(cls, path: Path) -> Inventory:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            required = {
                str(entry["host"]): frozenset(map(str, entry["required_streams"]))
                for entry in document["accounts"]
            }
            return cls(required, utc(document["since"]))
        except (OSError, ValueError, KeyError, TypeError):
            raise ReviewError(
                f"{path} is no inventory of a run: it must be JSON with `since`, a date-time, and "
                "`accounts`, a list in which each has `host` and `required_streams`."
            ) from None


@dataclass(frozen=True)
class Stream:
    """The latest read of one list of one account."""

    name: str
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    is_whole: bool
    is_incremental: bool
    incomplete_reason: str | None
    whole_at: dt.datetime | None
    failing_since: dt.datetime | None

    def counts(self, required: frozenset[str]) -> bool:
        """Whether the list must be whole. An account must give the lists that it gave before.

        If the inventory names the lists of an account, the others may be missing.
        """
        if (self.incomplete_reason or "").partition(":")[0] in NOT_GIVEN:
            return self.name in required or (not required and self.whole_at is not None)
        # An incremental read is never the whole list, and that is no failure.
        return not self.is_incremental


@dataclass
class AccountRow:
    """A row of the overview."""

    account: str
    last_read_at: dt.datetime | None = None
    whole_at: dt.datetime | None = None
    failing_since: dt.datetime | None = None
    failing: dict[str, list[str]] = field(default_factory=dict)
    """The streams that fail, by their reason."""
    is_in_inventory: bool = True
    people: int = 0
    to_decide: int = 0
    raised: dict[str, int | None] = field(default_factory=dict)
    """How many people have a flag. None if it is not known of anybody, which is not the same as 0."""

    @property
    def fails(self) -> bool:
        return bool(self.failing)

    def fail(self, reason: str, stream: str, since: dt.datetime | None) -> None:
        """Note that a stream fails for this reason, since this time."""
        self.failing.setdefault(reason, []).append(stream)
        self.failing_since = min(filter(None, (self.failing_since, since)), default=None)


@dataclass(frozen=True)
class Overview:
    """What the overview shows."""

    accounts: list[AccountRow]
    # The column and the label of each flag that somebody has.
    flags: dict[str, str]
    written_at: dt.datetime

    @property
    def due(self) -> list[AccountRow]:
        """The accounts that had to be read in this run."""
        return [row for row in self.accounts if row.is_in_inventory]

    @property
    def failing(self) -> list[AccountRow]:
        return [row for row in self.due if row.fails]


def overview(warehouse: Warehouse, marts_schema: str, inventory: Inventory | None = None) -> Overview:
    """Read what the marts say about each account; raises ReviewError."""
    require_marts(warehouse, marts_schema)
    marts = identifier(marts_schema)
    streams: dict[str, list[Stream]] = {} if inventory is None else {name: [] for name in inventory.required}
    for account, name, started, finished, whole, incremental, reason, whole_at, since in warehouse.query(
        STREAMS.format(marts=marts)
    ):
        streams.setdefault(account, []).append(
            Stream(
                name,
                _moment(started),
                _moment(finished),
                bool(whole),
                bool(incremental),
                reason,
                _moment(whole_at),
                _moment(since),
            )
        )
    rows = {account: _judged(account, of_account, inventory) for account, of_account in streams.items()}
    for account, people, to_decide in warehouse.query(PEOPLE.format(marts=marts)):
        if account in rows:
            rows[account].people, rows[account].to_decide = people, to_decide
    for account, flag, people, not_known in warehouse.query(RAISED.format(marts=marts)):
        if account in rows:
            rows[account].raised[flag] = None if not_known == rows[account].people else people
    labels: dict[str, str] = dict(warehouse.query(FLAGS.format(marts=marts)))
    found = {flag for row in rows.values() for flag, people in row.raised.items() if people}
    flags = {flag: label for flag, label in labels.items() if flag in found}
    return Overview(list(rows.values()), flags, dt.datetime.now(dt.UTC))


def _judged(account: str, streams: list[Stream], inventory: Inventory | None) -> AccountRow:
    required = frozenset() if inventory is None else inventory.required.get(account, frozenset())
    row = AccountRow(account, is_in_inventory=inventory is None or account in inventory.required)
    counting = [stream for stream in streams if stream.counts(required)]
    row.last_read_at = max((stream.finished_at for stream in streams if stream.finished_at), default=None)
    whole = [stream.whole_at for stream in counting if stream.whole_at]
    lacking = required - {stream.name for stream in streams}
    if len(whole) == len(counting) and not lacking:
        row.whole_at = min(whole, default=None)
    for stream in counting:
        if not stream.is_whole:
            reason = stream.incomplete_reason or "rows are missing, or held back"
            row.fail(reason, stream.name, stream.failing_since)
    if inventory is None or not row.is_in_inventory:
        return row
    for stream in streams:
        if stream.started_at is None or stream.started_at < inventory.since:
            row.fail(NOT_READ, stream.name, inventory.since)
    for name in sorted(lacking):
        row.fail("required, and never read", name, inventory.since)
    if not streams and not lacking:
        row.fail(NOT_READ, ALL_STREAMS, inventory.since)
    return row


def render(found: Overview, pages: Mapping[str, str]) -> str:
    """Make the page. `pages` has the relative address of the page of an account, if it has one."""
    failing, due = found.failing, found.due
    # Failing accounts come first, the longest failure at the top: somebody has to act on them.
    ordered = sorted(
        found.accounts,
        key=lambda row: (not row.is_in_inventory, not row.fails, str(row.failing_since), row.account),
    )
    others = len(found.accounts) - len(due)
    template = (files(__package__) / "page" / "fleet.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        accounts=f"{len(due):,}",
        whole=f"{len(due) - len(failing):,}",
        failing=f"{len(failing):,}",
        others=f" {others:,} more are in the warehouse, and not in the inventory." if others else "",
        people=f"{sum(row.people for row in found.accounts):,}",
        written_at=_shown(found.written_at),
        headings="".join(
            f'<th scope="col" class="{style}">{html.escape(heading)}</th>'
            for heading, style in _columns(found.flags)
        ),
        rows="\n".join(_row(row, found.flags, pages) for row in ordered),
    )


def page_name(account: str) -> str:
    """The file name of the page of an account. No name of an account can lead out of the folder."""
    return quote(account, safe="").replace(".", "%2E", account.startswith(".")) + ".html"


def _columns(flags: Mapping[str, str]) -> list[tuple[str, str]]:
    return [*COLUMNS.items(), *((label, "number") for label in flags.values())]


def _row(row: AccountRow, flags: Mapping[str, str], pages: Mapping[str, str]) -> str:
    name = html.escape(row.account)
    if row.account in pages:
        name = f'<a href="{html.escape(quote(pages[row.account]))}">{name}</a>'
    moments = [_shown(moment) for moment in (row.last_read_at, row.whole_at, row.failing_since)]
    reasons = [f"{reason}: {', '.join(streams)}" for reason, streams in row.failing.items()]
    if not row.is_in_inventory:
        reasons.insert(0, "not in the inventory")
    # Before a whole read, nobody knows that no decision is needed.
    to_decide = row.to_decide or (None if row.whole_at is None else 0)
    numbers: list[int | None] = [row.people, to_decide, *(row.raised.get(flag, 0) for flag in flags)]
    if row.whole_at is None and not row.people:
        # Nothing is known about an account that was never read. That is not the same as nobody.
        numbers = [None] * len(numbers)
    known = ["" if number is None else f"{number:,}" for number in numbers]
    cells = "".join(
        f'<td class="{style}" data-label="{html.escape(heading)}">{html.escape(text)}</td>'
        for (heading, style), text in zip(
            _columns(flags)[1:], [*moments, "; ".join(reasons), *known], strict=True
        )
    )
    state = "failing" if row.fails and row.is_in_inventory else "whole"
    return f'<tr class="{state}"><th scope="row">{name}</th>{cells}</tr>'


def _moment(value: object) -> dt.datetime | None:
    return None if value is None else utc(value)


def _shown(moment: dt.datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M")
