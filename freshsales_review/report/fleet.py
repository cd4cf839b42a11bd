"""The overview of all accounts: what was read when, and how many people have which flag. It names nobody."""
# ruff: noqa: S608 -- made of constants of this module alone

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template
from urllib.parse import quote

from freshsales_review.report.data import require_marts
from freshsales_review.verify import NOT_GIVEN
from freshsales_review.warehouse import Warehouse, identifier, utc

# A stream that the account does not give is no failure, and an incremental read is never the whole list.
COUNTS = "latest.replication_method <> 'INCREMENTAL'" + "".join(
    f" and coalesce(latest.incomplete_reason, '') not like '{reason}%'" for reason in NOT_GIVEN
)
IS_WHOLE = """coalesce(latest.is_complete, false) and coalesce(latest.has_arrived, false)
    and not latest.is_held_back"""

# One row an account: its last read, and since when all of its streams are known whole.
ACCOUNTS = f"""
select
    latest.account,
    max(latest.finished_at) as last_read_at,
    max(case when {COUNTS} and not ({IS_WHOLE}) then 1 else 0 end) as fails,
    case
        when count(case when {COUNTS} then 1 end) = count(case when {COUNTS} then latest.last_complete_at end)
            then min(case when {COUNTS} then latest.last_complete_at end)
    end as whole_at
from {{marts}}.data_quality as latest
where latest.is_latest_run
group by latest.account
order by latest.account
"""
FAILURES = f"""
select latest.account, latest.stream, latest.incomplete_reason, min(since.finished_at) as failing_since
from {{marts}}.data_quality as latest
join {{marts}}.data_quality as since
    on since.account = latest.account and since.stream = latest.stream
    and (latest.last_complete_sync_id is null or since.sync_id > latest.last_complete_sync_id)
where latest.is_latest_run and {COUNTS} and not ({IS_WHOLE})
group by latest.account, latest.stream, latest.incomplete_reason
order by latest.account, latest.stream
"""
PEOPLE = """
select account, count(*) as people, count(case when risk_score > 0 then 1 end) as to_decide
from {marts}.access_review
group by account
"""
RAISED = """
select account, flag, count(case when is_raised then 1 end) as people,
    count(case when is_raised is null then 1 end) as not_known
from {marts}.identity_flags
group by account, flag
"""
HEADINGS = ("Account", "Last read", "Whole since", "Failing since", "Why", "People", "To decide")
FLAGS = "select flag, label from {marts}.review_flags order by place"


@dataclass
class AccountRow:
    account: str
    last_read_at: dt.datetime | None
    whole_at: dt.datetime | None
    fails: bool
    failing_since: dt.datetime | None = None
    failing: dict[str, list[str]] = field(default_factory=dict)
    """The streams that fail, by the reason."""
    people: int = 0
    to_decide: int = 0
    raised: dict[str, int | None] = field(default_factory=dict)
    """How many people have a flag; None where it is known of nobody, which is not 0."""


@dataclass(frozen=True)
class Overview:
    accounts: list[AccountRow]
    # The column and the label of each flag that anybody has.
    flags: dict[str, str]
    written_at: dt.datetime


def overview(warehouse: Warehouse, marts_schema: str) -> Overview:
    """Read what the marts say of each account; raises ReviewError."""
    require_marts(warehouse, marts_schema)
    marts = identifier(marts_schema)
    rows = {
        account: AccountRow(account, _moment(read), _moment(whole), bool(fails))
        for account, read, fails, whole in warehouse.query(ACCOUNTS.format(marts=marts))
    }
    for account, stream, reason, since in warehouse.query(FAILURES.format(marts=marts)):
        row = rows[account]
        row.failing.setdefault(reason or "rows are missing, or held back", []).append(stream)
        began = _moment(since)
        row.failing_since = min(filter(None, (row.failing_since, began)), default=None)
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


def render(found: Overview, pages: Mapping[str, str]) -> str:
    """Make the page; `pages` has the relative address of the page of each account that has one."""
    failing = [row for row in found.accounts if row.fails]
    # Those that fail first, the longest first: they are what somebody has to act on.
    ordered = sorted(found.accounts, key=lambda row: (not row.fails, str(row.failing_since), row.account))
    template = (files(__package__) / "page" / "fleet.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        accounts=f"{len(found.accounts):,}",
        whole=f"{len(found.accounts) - len(failing):,}",
        failing=f"{len(failing):,}",
        people=f"{sum(row.people for row in found.accounts):,}",
        written_at=_shown(found.written_at),
        headings=_cells(
            "th", ["Account", "Last read", "Whole since", "Failing since", "Why", "People", "To decide"]
        )
        + _cells("th", found.flags.values()),
        rows="\n".join(_row(row, found.flags, pages) for row in ordered),
    )


def page_name(account: str) -> str:
    """The file name of the page of an account. Nothing in the name of an account leads out of the folder."""
    return quote(account, safe="").replace(".", "%2E", account.startswith(".")) + ".html"


def _row(row: AccountRow, flags: Iterable[str], pages: Mapping[str, str]) -> str:
    name = html.escape(row.account)
    if row.account in pages:
        name = f'<a href="{html.escape(quote(pages[row.account]))}">{name}</a>'
    moments = [_shown(moment) for moment in (row.last_read_at, row.whole_at, row.failing_since)]
    reasons = [f"{reason}: {', '.join(streams)}" for reason, streams in row.failing.items()]
    numbers = [row.people, row.to_decide, *(row.raised.get(flag, 0) for flag in flags)]
    known = ["" if number is None else f"{number:,}" for number in numbers]
    cells = [*moments, "; ".join(reasons), *known]
    return f'<tr class="{"failing" if row.fails else "whole"}"><td>{name}</td>{_cells("td", cells)}</tr>'


def _cells(element: str, texts: Iterable[str]) -> str:
    return "".join(f"<{element}>{html.escape(text)}</{element}>" for text in texts)


def _moment(value: object) -> dt.datetime | None:
    return None if value is None else utc(value)


def _shown(moment: dt.datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M UTC")
