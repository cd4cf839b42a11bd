"""What is new of an account since a run. Only complete reads tell; where they do not tell, that is said."""
# ruff: noqa: S608  -- names are quoted by identifier(), values are parameters

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from freshsales_review.capture import HISTORY, STAGING
from freshsales_review.changes.since import Span
from freshsales_review.decisions.population import IDENTITY_HISTORY
from freshsales_review.errors import ReviewError
from freshsales_review.warehouse import Row, Warehouse, columns_of, identifier

STATE_FLAGS = "int_freshsales__state_flags"
SUCCESSORS = "int_freshsales__identity_successors"
NEEDED = {
    HISTORY: {IDENTITY_HISTORY},
    STAGING: {STATE_FLAGS, SUCCESSORS},
}
MARTS = {"data_quality", "review_outcomes"}

ORPHANS, ADMINS, UNDONE, OVERDUE, FAILED = "is_orphaned_owner", "is_admin", "undone", "overdue", "read_failed"
# What `--fail-on` takes, with what each is called.
FLAGS = {
    ORPHANS: "New orphaned owners",
    ADMINS: "New administrators",
    UNDONE: "Decisions that were carried out, and are undone",
    OVERDUE: "Decisions that are overdue",
    FAILED: "Reads that failed",
}
OF_PEOPLE = (ORPHANS, ADMINS)
SIDES = {"crm": "owners", "scim": "scim_users"}

# The state of everybody of the account $1, as the complete reads up to the run $2 told it.
STATES = f"""
select told.identity_key, told.is_orphaned_owner, told.is_admin, told.sync_id, state.display_name, state.email
from {identifier(STAGING, STATE_FLAGS)} as told
join (
    select identity_key, max(revision) as revision
    from {identifier(HISTORY, IDENTITY_HISTORY)}
    where account = $1 and observation <> 'read' and sync_id <= $2
    group by identity_key
) as latest on latest.identity_key = told.identity_key and latest.revision = told.revision
join {identifier(HISTORY, IDENTITY_HISTORY)} as state
    on state.account = told.account and state.identity_key = told.identity_key
    and state.revision = told.revision and state.observation = 'state'
where told.account = $1
"""
# Keys that somebody had at $2: where a match was corrected since, the flags of the person are not new.
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
    """One thing that is new. `who` is a key; name and email are kept apart, so that they can be left out."""

    what: str
    who: str | None = None
    name: str | None = None
    email: str | None = None
    sync_id: str | None = None
    """The complete read that showed it."""


@dataclass
class News:
    span: Span
    new: dict[str, list[Item]] = field(default_factory=lambda: {flag: [] for flag in FLAGS})
    perhaps: dict[str, list[Item]] = field(default_factory=lambda: {flag: [] for flag in OF_PEOPLE})
    """True now, and nobody can tell whether it was true then."""
    not_told: dict[str, str] = field(default_factory=dict)
    """By flag, why it is not known whether there is anything new, or anything more."""


def require(warehouse: Warehouse, marts_schema: str) -> None:
    missing = sorted(
        table
        for schema, tables in {**NEEDED, marts_schema: MARTS}.items()
        for table in tables - columns_of(warehouse, schema).keys()
    )
    if missing:
        raise ReviewError(
            f"The warehouse has no {', '.join(missing)}: run `meltano run identity` first, or name the "
            "schema of the marts with --marts-schema."
        )


def news(warehouse: Warehouse, marts_schema: str, span: Span) -> News:
    found = News(span)
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
    now = _states(warehouse, span.account, span.latest.sync_id)
    before = _states(warehouse, span.account, span.since_id)
    earlier: dict[str, set[str]] = {}
    for key, other in warehouse.query(EARLIER_KEYS, [span.account, span.since_id]):
        earlier.setdefault(key, set()).add(other)
    was_read = all(read_then is not None for _, read_then in reads.values())
    for place, flag in enumerate(OF_PEOPLE):
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
    # Who is gone from SCIM and active in the CRM, only both sides together tell.
    never = [SIDES[side] for side in SIDES if side not in reads] if flag == ORPHANS else []
    if never or not reads:
        return f"{' and '.join(never or SIDES.values())} was never read completely"
    late = [SIDES[side] for side in sorted(reads) if reads[side][0] <= span.since_id]
    if late:
        return f"there is no complete read of {' and '.join(late)} since then"
    return None


def _states(warehouse: Warehouse, account: str, sync_id: str) -> dict[str, Row]:
    return {key: tuple(row) for key, *row in warehouse.query(STATES, [account, sync_id])}


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
    people = _states(warehouse, span.account, span.latest.sync_id)
    for campaign, key, kind, resource, decision, reviewer, outcome, undone_by, due_at in rows:
        if outcome == OVERDUE and _was_due(span, due_at):
            continue
        thing = f"{kind} {resource}" if kind else "the person"
        when = f"undone by {undone_by:%Y-%m-%d %H:%M} UTC" if outcome == UNDONE else f"due {due_at:%Y-%m-%d}"
        words = f"{decision} {thing}, decided by {reviewer} in {campaign}, {when}"
        # Of whom the key has changed since, no name is known here.
        name, email = people[key][-2:] if key in people else (None, None)
        found.new[outcome].append(Item(words, key, name, email))
    for flag in (UNDONE, OVERDUE):
        if reason := _not_told(flag, span, reads):
            found.not_told[flag] = reason


def _was_due(span: Span, due_at: datetime) -> bool:
    """Whether the day was over already at the run that is compared with."""
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
