"""What must be known of the identity provider of a living company, from the sandbox alone.

Nothing here looks at a warehouse, except that the caller says when each read began and ended.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.okta.api import RETENTION
from freshsales_sandbox.okta.tenant import FRESHWORKS_APP, LEFT, SERVICE_LOGIN, OktaUser, Tenant

# Signing in to Okta itself says nothing of Freshsales, and is not loaded.
NOT_LOADED = "user.session.start"
LEAVES, RETURNS = "user.lifecycle.deactivate", "user.lifecycle.reactivate"
LIMIT_HOURS = 24

# Who left, when, on what evidence, when access was last seen, when it was gone, and the verdict.
Leave = tuple[str, datetime, str, datetime | None, datetime | None, str]


@dataclass(frozen=True)
class AccessRead:
    """One complete read: when it was, and the ids of those who got in on each side; None where not read."""

    started_at: datetime
    finished_at: datetime
    scim: frozenset[str] | None
    crm: frozenset[str] | None


def clock() -> Callable[[], datetime]:
    """Return the clock of this machine, but never the same millisecond twice.

    Okta tells times in milliseconds. Days that are played within one would leave open what came first.
    """
    last = datetime.min.replace(tzinfo=UTC)

    def now() -> datetime:
        nonlocal last
        moment = datetime.now(UTC)
        while moment - last < timedelta(milliseconds=1):
            moment = datetime.now(UTC)
        last = moment
        return moment

    return now


def who_gets_in(sandbox: Sandbox) -> tuple[frozenset[str], frozenset[str]]:
    """Return the ids of those who get in now, through SCIM and through the CRM."""
    people = sandbox.directory.people
    return (
        frozenset(str(person.scim_id) for person in people if person.scim_id and person.active),
        frozenset(str(person.scim_id or person.crm_id) for person in people if person.is_owner),
    )


def log_begins(tenant: Tenant) -> datetime:
    """Return since when the log tells what happened; what was loaded of it once is never lost."""
    return tenant.now() - RETENTION


def matched(tenant: Tenant, known: Mapping[str, str | None]) -> dict[str, OktaUser]:
    """Return who everybody is at the provider: by the id in SCIM, or else by the address.

    `known` has for each person the address where no more is known of them, and None where the id is.
    """
    by_id = {str(user.person.scim_id): user for user in tenant.users.values() if user.person.scim_id}
    by_address = {user.login: user for user in tenant.users.values()}
    users = {
        id_: by_id.get(id_) if address is None else by_address.get(address) for id_, address in known.items()
    }
    return {id_: user for id_, user in users.items() if user}


def leaves(
    tenant: Tenant, users: Mapping[str, OktaUser], reads: Sequence[AccessRead], log_from: datetime
) -> Iterator[Leave]:
    """Yield every leave of somebody who was ever seen in Freshsales."""
    for id_, user in users.items():
        turns = [event for event in tenant.events if event.user is user and event.type in {LEAVES, RETURNS}]
        for place, event in enumerate(turns):
            if event.type == LEAVES:
                later = turns[place + 1].at if place + 1 < len(turns) else None
                evidence = "event" if event.at > log_from else "status_changed"
                yield measured(id_, stored(event.at), later and stored(later), evidence, reads)


def measured(
    id_: str, left: datetime, returned: datetime | None, evidence: str, reads: Sequence[AccessRead]
) -> Leave:
    before = [place for place, read in enumerate(reads) if read.finished_at <= left]
    first = before[-1] if before else 0
    seen: datetime | None = None
    gone: datetime | None = None
    gets_in: dict[str, bool] = {}
    for place, read in enumerate(reads):
        now = {
            side: id_ in people
            for side, people in (("scim", read.scim), ("crm", read.crm))
            if people is not None
        }
        gets_in |= now
        if place < first or (returned and read.started_at >= returned):
            continue
        if any(now.values()):
            seen, gone = read.started_at, None
        elif seen and not gone and len(gets_in) == 2 and not any(gets_in.values()):
            gone = read.finished_at
    return (id_, left, evidence, seen, gone, sla(left, returned, seen, gone))


def sla(left: datetime, returned: datetime | None, seen: datetime | None, gone: datetime | None) -> str:
    """Return the verdict; whoever left in these sixty days did so minutes ago, by the clock."""
    limit = timedelta(hours=LIMIT_HOURS)
    if seen is None:
        return "not_seen"
    if gone is not None and gone - left <= limit:
        return "met"
    if seen - left > limit:
        return "missed"
    return (
        "open"
        if gone is None and returned is None and datetime.now(UTC) - left.replace(tzinfo=UTC) <= limit
        else "not_known"
    )


def hours(start: datetime, end: datetime | None) -> float | None:
    """Return how long access lasted, as far as a read tells."""
    return None if end is None else max((end - start) / timedelta(hours=1), 0.0)


def categories(
    tenant: Tenant, users: Mapping[str, OktaUser], known: Mapping[str, bool]
) -> dict[tuple[str | None, str | None], str]:
    """Return what holds of everybody on either side; `known` tells of each person here who gets in."""
    found: dict[tuple[str | None, str | None], str] = {}
    for id_, gets_in in known.items():
        user = users.get(id_)
        found[id_, user.id if user else None] = category_of_one_here(tenant, user, gets_in=gets_in)
    here = {user.id for user in users.values()}
    for user in tenant.users.values():
        if user.id not in here and user.login != SERVICE_LOGIN:
            found[None, user.id] = "assigned_missing_here" if is_assigned(tenant, user) else "in_order"
    return found


def category_of_one_here(tenant: Tenant, user: OktaUser | None, *, gets_in: bool) -> str:
    if user is None:
        return "here_unknown_there" if gets_in else "in_order"
    if gets_in and user.status == LEFT:
        return "left_still_in"
    if gets_in != is_assigned(tenant, user):
        return "here_not_assigned" if gets_in else "inactive_here_assigned_there"
    return "in_order"


def is_assigned(tenant: Tenant, user: OktaUser) -> bool:
    return user.status != LEFT and (FRESHWORKS_APP, user.id) in tenant.assignments


def told_events(
    tenant: Tenant, users: Mapping[str, OktaUser], log_from: datetime
) -> Iterator[tuple[str, str, datetime, str]]:
    """Yield of everybody here what Okta had in its log of the lifecycle and of Freshsales."""
    ids = {user.id: id_ for id_, user in users.items()}
    for event in tenant.events:
        is_loaded = event.app_id in {None, FRESHWORKS_APP} and event.type != NOT_LOADED
        if event.user.id in ids and is_loaded and event.at > log_from:
            told = event.result if event.reason is None else f"{event.result}: {event.reason}"
            yield (ids[event.user.id], event.type, stored(event.at), told)


def stored(moment: datetime) -> datetime:
    """Return the moment as Okta sends it, in milliseconds, in UTC without a zone, as a warehouse keeps it."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)
