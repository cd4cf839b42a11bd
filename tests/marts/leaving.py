"""Leavers and the reads that see, or do not see, their access; and what must follow from them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.marts.people import owner, user
from tests.marts.providers import contract_user, rows_of
from tests.marts.raw import Raw, finished_at

Row = dict[str, Any]
BUILDS = 5
ACCOUNTS = ("leaving_a", "leaving_b")
PEOPLE = 24
STREAMS = ("scim_users", "owners")
LIMIT = timedelta(hours=24)
DAY = datetime(2026, 11, 1)  # noqa: DTZ001 - as the warehouse keeps it: UTC without a zone


def at(day: float) -> datetime:
    return DAY + timedelta(days=day - 1)


def read_at(account: str, day: int) -> tuple[datetime, datetime]:
    """Return when the run of a day began, and when the last of its complete reads had ended."""
    ends = [finished_at(stream, day) for stream in STREAMS if is_complete(account, day, stream)]
    return at(day) + timedelta(hours=6), max(ends)


def loaded_at(day: int) -> datetime:
    return at(day) + timedelta(hours=5)


@dataclass(frozen=True)
class Leaver:
    """Access on each day on either side (None: no such account); how and when they left, and came back."""

    name: str
    scim: tuple[bool, ...] | None
    crm: tuple[bool, ...] | None
    evidence: str
    left_at: datetime
    returned_at: datetime | None
    return_is_logged: bool

    def has_left(self, moment: datetime) -> bool:
        """Whether they had left, and were not back, at that time."""
        return self.left_at <= moment and not (self.returned_at and self.returned_at <= moment)


def leavers(account: str) -> list[Leaver]:
    chance = Random(account)
    people = []
    for number in range(PEOPLE):

        def access() -> tuple[bool, ...]:
            last = chance.randint(0, BUILDS)
            days = [day <= last for day in range(1, BUILDS + 1)]
            if chance.random() < 0.2:
                days[chance.randrange(BUILDS)] ^= True
            return tuple(days)

        scim = access() if number % 4 else None
        crm = access() if number % 4 != 1 else None
        evidence = ("event", "status_changed", "between_loads", "roster")[number % 4]
        left_at = at(1) + timedelta(hours=chance.randint(-12, 100))
        returned_at = None
        if evidence != "roster" and chance.random() < 0.5:
            returned_at = left_at + timedelta(hours=chance.randint(1, 60))
        is_logged = evidence == "event" or chance.random() < 0.5
        people.append(Leaver(f"{account}-{number}", scim, crm, evidence, left_at, returned_at, is_logged))
    # The limit itself is no miss: with it begins the last read with access, or ends the first one without.
    for name, in_time in (("seen", at(2) + timedelta(hours=6)), ("gone", read_at(account, 3)[1] - LIMIT)):
        days = (True, True, name == "seen", False, False)
        people.append(Leaver(f"{account}-{name}-in-time", days, None, "event", in_time, None, False))
    return people


def is_complete(account: str, day: int, stream: str) -> bool:
    return not (account == "leaving_b" and (day, stream) in {(2, "scim_users"), (3, "owners")})


def leaving(raw: Raw) -> Iterator[None]:
    raw.providers.entries += [
        {"source": "leaving", "adapter": "contract", "schema": "raw_leaving"},
        {"source": "leaving_hr", "adapter": "contract", "schema": "raw_leaving_hr", "kind": "roster"},
    ]
    for day in range(1, BUILDS + 1):
        tables: dict[str, list[Row]] = {"users": [], "events": []}
        roster: list[Row] = []
        for account in ACCOUNTS:
            people = leavers(account)
            streams = {
                "scim_users": [
                    user(one.name, f"{one.name}@x", active=one.scim[day - 1]) for one in people if one.scim
                ],
                "owners": [
                    owner(number, f"{one.name}@x", is_active=one.crm[day - 1])
                    for number, one in enumerate(people)
                    if one.crm
                ],
            }
            incomplete = {stream: "failed" for stream in streams if not is_complete(account, day, stream)}
            raw.load(account, day, streams, incomplete=incomplete)
            for one in people:
                row = contract_user(one.name, email=f"{one.name}@x")
                if one.evidence == "roster":
                    last_day = {"left_on": one.left_at.date()}
                    roster += rows_of(account, [{**row, **last_day, "has_left": None}], loaded_at(day))
                    continue
                row["has_left"] = one.has_left(loaded_at(day))
                if one.evidence == "status_changed":
                    changes = [one.left_at, *([one.returned_at] if one.returned_at else [])]
                    row["status_changed_at"] = max(
                        (change for change in changes if change <= loaded_at(day)), default=None
                    )
                logged = {"left": one.left_at if one.evidence == "event" else None}
                logged["returned"] = one.returned_at if one.return_is_logged else None
                for kind, moment in logged.items():
                    if moment and moment <= loaded_at(day):
                        tables["events"] += rows_of(
                            account,
                            [
                                {
                                    "event_id": f"{one.name}-{kind}",
                                    "event_type": kind,
                                    "idp_user_id": one.name,
                                    "happened_at": moment,
                                }
                            ],
                            loaded_at(day),
                        )
                tables["users"] += rows_of(account, [row], loaded_at(day))
        raw.providers.put("raw_leaving", tables)
        raw.providers.put("raw_leaving_hr", {"users": roster})
        yield


def time_of_leave(one: Leaver) -> tuple[datetime | None, datetime] | None:
    """Return after and by when somebody has left, as the loads show it; none where they show no leave."""
    if one.evidence == "roster":
        end_of_day = datetime.combine(one.left_at.date(), datetime.min.time()) + timedelta(days=1)
        return end_of_day, end_of_day
    if one.evidence == "event":
        return one.left_at, one.left_at
    seen = loads_without(one)
    if not seen:
        return None
    if one.evidence == "status_changed":
        return one.left_at, one.left_at
    return loaded_at(seen[0] - 1) if seen[0] > 1 else None, loaded_at(seen[0])


def loads_without(one: Leaver) -> list[int]:
    """Return the days whose load showed that they had left."""
    return [day for day in range(1, BUILDS + 1) if one.has_left(loaded_at(day))]


def time_of_return(one: Leaver) -> datetime | None:
    """Return when they were back at the earliest, as far as the log or the loads show that they were."""
    if one.returned_at is None or one.returned_at > loaded_at(BUILDS):
        return None
    return one.returned_at if one.return_is_logged else loaded_at(loads_without(one)[-1])


def reads_of(account: str, one: Leaver) -> Iterator[tuple[datetime, datetime, bool, bool]]:
    """Yield of each day's run: start, end, whether it saw access, whether there is known to be none."""
    known: dict[str, bool] = {}
    for day in range(1, BUILDS + 1):
        saw_access = False
        for stream, access in (("scim_users", one.scim), ("owners", one.crm)):
            if is_complete(account, day, stream):
                known[stream] = bool(access and access[day - 1])
                saw_access |= known[stream]
        yield (
            *read_at(account, day),
            saw_access,
            len(known) == len(STREAMS) and not any(known.values()),
        )


def hours(start: datetime | None, end: datetime | None) -> float | None:
    return max((end - start) / timedelta(hours=1), 0.0) if start and end else None


def expected(account: str, one: Leaver) -> Row | None:
    """Return the row of `deprovisioning`; none where no load has shown the leave."""
    leave = time_of_leave(one)
    if leave is None:
        return None
    left_after, left_by = leave
    returned_at = time_of_return(one)
    reads = list(reads_of(account, one))
    before = [number for number, (_, end, _, _) in enumerate(reads) if end <= (left_after or left_by)]
    seen: datetime | None = None
    gone: datetime | None = None
    for start, end, saw_access, saw_none in reads[before[-1] if before else 0 :]:
        if returned_at and start >= returned_at:
            break
        if saw_access:
            seen, gone = start, None
        elif saw_none and seen and not gone:
            gone = end
    at_least, at_most = hours(left_by, seen), hours(left_after, gone)
    return {
        "left_after": left_after,
        "left_by": left_by,
        "left_evidence": one.evidence,
        "access_seen_at": seen,
        "no_access_seen_at": gone,
        "lag_at_least_hours": at_least,
        "lag_at_most_hours": at_most,
        "sla": sla(at_least, at_most),
    }


def sla(at_least: float | None, at_most: float | None) -> str:
    limit = LIMIT / timedelta(hours=1)
    if at_least is None:
        return "not_seen"
    if at_most is not None and at_most <= limit:
        return "met"
    return "missed" if at_least > limit else "not_known"
