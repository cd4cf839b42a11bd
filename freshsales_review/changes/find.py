"""What is new in an account since a run. Only complete reads show that. If they do not, it says so."""
# ruff: noqa: S608  -- names are quoted by identifier(), values are parameters

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from freshsales_review.capture import HISTORY, STAGING
from freshsales_review.changes.since import Span
from freshsales_review.decisions.population import IDENTITY_HISTORY, LATEST_REVISIONS
from freshsales_review.warehouse import Row, Warehouse, columns_of, identifier, require_tables

STATE_FLAGS = "int_freshsales__state_flags"
SUCCESSORS = "int_freshsales__identity_successors"
NEEDED = {
    HISTORY: {IDENTITY_HISTORY},
    STAGING: {STATE_FLAGS, SUCCESSORS},
}
MARTS = {"data_quality", "review_flags", "review_outcomes"}

UNDONE, OVERDUE, FAILED = "undone", "overdue", "read_failed"
# The titles of what can be new, beside the flags of people.
TITLES = {
    UNDONE: "Decisions that were carried out, and are undone",
    OVERDUE: "Decisions that are overdue",
    FAILED: "Reads that failed",
}
# The flag that compares the two sides: no side alone can show it.
OF_BOTH_SIDES = "is_orphaned_owner"
SIDES = {"crm": "owners", "scim": "scim_users"}

# The flags `{{flags}}` of everybody of the account $1, by the complete reads up to the run $2.
STATES = f"""
select told.identity_key, {{flags}}, told.sync_id, state.display_name, state.email
from {identifier(STAGING, STATE_FLAGS)} as told
join ({LATEST_REVISIONS}) as latest
    on latest.identity_key = told.identity_key and latest.revision = told.revision
join {identifier(HISTORY, IDENTITY_HISTORY)} as state
    on state.account = told.account and state.identity_key = told.identity_key
    and state.revision = told.revision and state.observation = 'state'
where told.account = $1
"""
# Keys that somebody had at $2. If a match was corrected since, the flags of the person are not new.
EARLIER_KEYS = f"""
select successor_key, identity_key from {identifier(STAGING, SUCCESSORS)} where account = $1
union
select identity_key, crm_moved_from from {identifier(HISTORY, IDENTITY_HISTORY)}
where account = $1 and sync_id > $2 and crm_moved_from is not null
union
select identity_key, scim_moved_from from {identifier(HISTORY, IDENTITY_HISTORY)}
where account = $1 and sync_id > $2 and scim_moved_from is not null
"""
LAST_READS = f"""
select side, max(sync_id), max(case when sync_id <= $2 then sync_id end)
from {identifier(HISTORY, IDENTITY_HISTORY)}
where account = $1 and observation = 'read'
group by side
"""
FAILED_READS = """
select stream, sync_id, is_complete, incomplete_reason, has_arrived, is_held_back,
    coalesce(last_complete_sync_id > sync_id, false)
from {data_quality}
where account = $1 and sync_id > $2
    and (is_held_back or not has_arrived or (not is_complete and coalesce(incomplete_reason, '') <> 'absent'))
order by sync_id, stream
"""
OUTCOMES = """
select campaign, identity_key, resource_type, resource_name, decision, decided_by, outcome, undone_by, due_at
from {review_outcomes}
where account = $1
    and ((outcome = 'undone' and undone_sync_id > $2) or outcome = 'overdue')
order by campaign, identity_key, resource_type, resource_name
"""


@dataclass(frozen=True)
class Item:
    """One thing that is new. `who` is an identity_key. Name and email are apart: they can be left out."""

    what: str
    who: str | None = None
    name: str | None = None
    email: str | None = None
    sync_id: str | None = None
    """The complete read that showed it."""


@dataclass
class News:
    """What is new in one account, by the names of `titles`."""

    span: Span
    titles: Mapping[str, str]
    new: dict[str, list[Item]]
    perhaps: dict[str, list[Item]]
    """By flag: true now, but the reads do not show whether it was true at the earlier run."""
    not_told: dict[str, str] = field(default_factory=dict)
    """Why the reads do not show whether anything, or anything more, is new."""


def titles_in(warehouse: Warehouse, marts_schema: str) -> dict[str, str]:
    """What can be new, each with its title: the flags that the states of people tell, then TITLES.

    Raises ReviewError if a table is missing.
    """
    require_tables(warehouse, {**NEEDED, marts_schema: MARTS})
    told = columns_of(warehouse, STAGING)[STATE_FLAGS]
    labels = warehouse.query(
        f"select flag, label from {identifier(marts_schema, 'review_flags')} order by place"
    )
    return {flag: f"{label}, new" for flag, label in labels if flag in told} | TITLES


def news(warehouse: Warehouse, marts_schema: str, titles: Mapping[str, str], span: Span) -> News:
    """What is new in one account in this span."""
    of_people = [flag for flag in titles if flag not in TITLES]
    found = News(span, titles, {flag: [] for flag in titles}, {flag: [] for flag in of_people})
    reads = {
        side: (last, before)
        for side, last, before in warehouse.query(LAST_READS, [span.account, span.since_id])
    }
    _people(warehouse, found, reads)
    _decisions(warehouse, marts_schema, found, reads)
    _reads(warehouse, marts_schema, found)
    return found


def _people(warehouse: Warehouse, found: News, reads: Mapping[str, tuple[str, str | None]]) -> None:
    span = found.span
    of_people = list(found.perhaps)
    now = _states(warehouse, of_people, span.account, span.latest.sync_id)
    before = _states(warehouse, of_people, span.account, span.since_id)
    earlier: dict[str, set[str]] = {}
    for key, other in warehouse.query(EARLIER_KEYS, [span.account, span.since_id]):
        earlier.setdefault(key, set()).add(other)
    was_read = all(read_then is not None for _, read_then in reads.values())
    for place, flag in enumerate(of_people):
        for key, (*flags, sync_id, name, email) in sorted(now.items()):
            if flags[place] is not True:
                continue
            then = [before[one][place] for one in {key} | earlier.get(key, set()) if one in before]
            item = Item("", key, name, email, sync_id)
            if True in then:
                continue
            if was_read and None not in then:
                found.new[flag].append(item)
            else:
                found.perhaps[flag].append(item)
        if reason := _not_told(flag, span, reads):
            found.not_told[flag] = reason


def _not_told(flag: str, span: Span, reads: Mapping[str, tuple[str, str | None]]) -> str | None:
    if span.since is None:
        return "there is no run before to compare with"
    never = [SIDES[side] for side in SIDES if side not in reads] if flag == OF_BOTH_SIDES else []
    if never or not reads:
        return f"{' and '.join(never or SIDES.values())} was never read completely"
    late = [SIDES[side] for side in sorted(reads) if reads[side][0] <= span.since_id]
    if late:
        return f"there is no complete read of {' and '.join(late)} since then"
    return None


def _states(warehouse: Warehouse, flags: Sequence[str], account: str, sync_id: str) -> dict[str, Row]:
    sql = STATES.format(flags=", ".join(identifier("told", flag) for flag in flags))
    return {key: tuple(row) for key, *row in warehouse.query(sql, [account, sync_id])}


def _decisions(
    warehouse: Warehouse, marts_schema: str, found: News, reads: Mapping[str, tuple[str, str | None]]
) -> None:
    span = found.span
    table = identifier(marts_schema, "review_outcomes")
    [(decisions,)] = warehouse.query(
        f"select count(*) from {table} where account = $1 and decision <> 'keep'", [span.account]
    )
    if not decisions:
        return
    rows = list(warehouse.query(OUTCOMES.format(review_outcomes=table), [span.account, span.since_id]))
    people = _states(warehouse, list(found.perhaps), span.account, span.latest.sync_id)
    for campaign, key, kind, resource, decision, reviewer, outcome, undone_by, due_at in rows:
        if outcome == OVERDUE and _was_due(span, due_at):
            continue
        thing = f"{kind} {resource}" if kind else "the person"
        when = f"undone by {undone_by:%Y-%m-%d %H:%M} UTC" if outcome == UNDONE else f"due {due_at:%Y-%m-%d}"
        words = f"{decision} {thing}, decided by {reviewer} in {campaign}, {when}"
        # If the key of a person has changed since, the name is not known here.
        name, email = people[key][-2:] if key in people else (None, None)
        found.new[outcome].append(Item(words, key, name, email))
    for flag in (UNDONE, OVERDUE):
        if reason := _not_told(flag, span, reads):
            found.not_told[flag] = reason


def _was_due(span: Span, due_at: datetime) -> bool:
    """Whether the day was already over at the earlier run."""
    return span.since is not None and span.since.finished_at is not None and due_at < span.since.finished_at


def _reads(warehouse: Warehouse, marts_schema: str, found: News) -> None:
    span = found.span
    sql = FAILED_READS.format(data_quality=identifier(marts_schema, "data_quality"))
    for stream, sync_id, *why, is_read_since in warehouse.query(sql, [span.account, span.since_id]):
        since = "; it was read completely since" if is_read_since else ""
        found.new[FAILED].append(Item(f"{stream}: {_reason(why)}{since}", sync_id=sync_id))
    if span.latest.sync_id == span.since_id:
        found.not_told[FAILED] = "there is no run since then"


def _reason(why: Sequence[object]) -> str:
    is_complete, incomplete_reason, has_arrived, is_held_back = why
    if not is_complete:
        return str(incomplete_reason or "no reason given")
    if not has_arrived:
        return "read to its end, and not all of it is in the warehouse"
    return "held back, because so many are missing" if is_held_back else "no reason given"
