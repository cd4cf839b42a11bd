"""Reads that all of a sudden miss many, behind each kind of loader; and what may be said after them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import get_args

from tests.marts.people import group, members, owner, role, user
from tests.marts.raw import Loader, Raw, sync_id

SHARE, LEAST = 0.3, 5
ALL = range(10)
# Whom the run of each day read. An incomplete run of that day is of those who are named after it.
CASES: dict[str, list[range]] = {
    "agreed": [ALL, range(0), range(0), range(0), range(0)],
    "returned": [ALL, range(0), ALL, range(1, 10), range(1, 10)],
    "halved": [ALL, range(5), range(5), ALL, ALL],
    "other_half": [ALL, range(5), range(5, 10), range(5, 10), range(5, 10)],
    "swapped": [ALL, range(20, 30), ALL, ALL, ALL],
    "replaced": [ALL, range(20, 32), range(20, 32), range(20, 32), range(20, 32)],
    "few": [range(5), range(1), range(1), range(5), range(5)],
    "small_share": [range(20), range(14), range(14), range(8), range(8)],
    "confirmed": [ALL, range(0), ALL, ALL, ALL],
    "empty_first": [range(0), range(0), ALL, range(0), ALL],
}
LOADERS: tuple[Loader, ...] = get_args(Loader)
# With as many new ones as are missing, a loader that deletes rows leaves nothing that could tell.
PAIRS = [pair for pair in product(CASES, LOADERS) if pair != ("swapped", "deletes")]
STREAMS = ("owners", "scim_users", "roles", "scim_groups", "scim_group_members")


def account_of(case: str, loader: Loader) -> str:
    return f"held_{case}_{loader}"


CONFIRMED = " ".join(sync_id(account_of("confirmed", loader), 2) for loader in LOADERS)


def held_back(raw: Raw) -> Iterator[None]:
    for day in range(1, 6):
        for case, loader in PAIRS:
            numbers = CASES[case][day - 1]
            raw.load(
                account_of(case, loader),
                day,
                {
                    "owners": [owner(number, f"{number}@x", role_id=number) for number in numbers],
                    "scim_users": [user(f"u{number}", f"{number}@x") for number in numbers],
                    "roles": [role(number, f"Role {number}") for number in numbers],
                    "scim_groups": [group(f"g{number}") for number in numbers],
                    "scim_group_members": [
                        row for number in numbers for row in members(f"g{number}", f"u{number}")
                    ],
                },
                loader=loader,
            )
        yield


def held_back_late(raw: Raw) -> Iterator[None]:
    """The read that misses everybody, and the one that agrees, are loaded before dbt runs."""
    for day in (1, 2, 3):
        raw.load("held_late", day, {"scim_users": [user(f"u{n}") for n in (ALL if day == 1 else ())]})
        if day != 2:
            yield
    # Neither an incomplete run nor one that died tells that anybody is gone, and both show who is there.
    raw.load(
        "held_late", 4, {"scim_users": [user(f"u{n}") for n in ALL]}, incomplete={"scim_users": "failed"}
    )
    yield
    raw.load("held_late", 5, {"scim_users": []})
    yield
    yield


def deleted_rows(raw: Raw) -> Iterator[None]:
    """A SCIM user whose row the loader deletes while the owner stays; then the owner's row, too."""
    for day in range(1, 6):
        numbers = range(3)
        raw.load(
            "deleted_rows",
            day,
            {
                "owners": [owner(number, f"{number}@x") for number in numbers if number or day < 4],
                "scim_users": [user(f"u{number}", f"{number}@x") for number in numbers if number or day < 2],
            },
            loader="deletes",
        )
        yield


@dataclass
class Believed:
    """What is said after each day, by whoever keeps the sets of all reads."""

    case: str
    gone: set[int] = field(default_factory=set)
    held_back: dict[int, bool] = field(default_factory=dict)
    missing: dict[int, int | None] = field(default_factory=dict)
    left: list[tuple[int, int]] = field(default_factory=list)

    def after(self, day: int, loader: Loader) -> "Believed":
        ever: set[int] = set()
        told: set[int] = set()
        for at, numbers in enumerate(CASES[self.case][:day], 1):
            read, before = set(numbers), set(CASES[self.case][at - 2]) if at > 1 else None
            if before is None:
                self.held_back[at], self.missing[at] = False, None
            else:
                lost = len(before - read) if loader != "deletes" else max(0, len(before) - len(read))
                is_many = lost >= LEAST and lost > SHARE * len(before)
                self.held_back[at] = is_many and not (self.case == "confirmed" and at == 2)
                self.missing[at] = lost
            gone_before = set(self.gone)
            self.gone -= read
            if not self.held_back[at]:
                self.gone |= ever - read
                told |= read
            # Whom no read that is believed has ever met did not join, and so does not leave.
            self.left += [(at, number) for number in (self.gone - gone_before) & told]
            ever |= read
        return self
