"""Accounts in which ids and people part: seats handed on, accounts made anew, sides that cannot be read."""

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

from tests.marts.people import group, members, owner, role, user
from tests.marts.raw import Raw

Rows = list[dict[str, Any]]

# What becomes of the SCIM user of who had the seat, what changes in the CRM, and whether the SCIM user
# of the next one was there before.
FATES = ("deleted", "deactivated", "never there", "stays")
CHANGES = ("name and address", "name", "address")
NEXT = ("new", "known")


def seat_account(fate: str, change: str, heir: str) -> str:
    return f"seat_{fate}_{change}_{heir}".replace(" ", "_")


def seats(raw: Raw) -> Iterator[None]:
    """The owner 7 is Ann's in the first read, and in the second perhaps Ben's."""
    cases = list(product(FATES, CHANGES, NEXT))
    for fate, change, heir in cases:
        users = [user("ann", "ann@x")] if fate != "never there" else []
        users += [user("ben", "ben@x")] if heir == "known" else []
        raw.load(
            seat_account(fate, change, heir),
            1,
            {"owners": [owner(7, "ann@x", display_name="Ann")], "scim_users": users},
        )
    yield
    for fate, change, heir in cases:
        name, email = "Ben" if "name" in change else "Ann", "ben@x" if "address" in change else "ann@x"
        users = {
            "deactivated": [user("ann", "ann@x", active=False)],
            "stays": [user("ann", "ann@x")],
        }.get(fate, [])
        raw.load(
            seat_account(fate, change, heir),
            2,
            {
                "owners": [owner(7, email, display_name=name)],
                "scim_users": [*users, user("ben", "ben@x")],
            },
        )
    yield
    # Handed on once more, and the next read finds everything as it was.
    for day in (3, 4):
        for heir in NEXT:
            raw.load(
                seat_account("deleted", "name and address", heir),
                day,
                {
                    "owners": [owner(7, "cleo@x", display_name="Cleo")],
                    "scim_users": [user("ben", "ben@x"), user("cleo", "cleo@x")],
                },
            )
        yield
    yield


def made_anew(raw: Raw) -> Iterator[None]:
    """SCIM users of owners are deleted and created again: at once, with other groups, and a read later."""

    def load(account: str, day: int, boss: Rows, manager: str, *memberships: str, name: str = "Boss") -> None:
        reports = [user(f"report{n}", f"report{n}@x", manager_id=manager) for n in range(3)]
        raw.load(
            account,
            day,
            {
                "owners": [owner(1, "boss@x", display_name=name), owner(2, "report0@x")],
                "scim_users": [*boss, *reports],
                "scim_groups": [group(name) for name in ("sales", "all", "board")],
                "scim_group_members": [row for text in memberships for row in members(*text.split())],
            },
        )

    old = [user("boss", "boss@x")]
    new = [user("boss2", "boss@x", display_name="Boss")]
    for account in (*("anew_at_once", "anew_regrouped", "anew_later", "anew_side_by_side", "anew_renamed"),):
        load(account, 1, old, "boss", "sales boss report0", "all boss report0 report1")
    yield
    load("anew_at_once", 2, new, "boss2", "sales boss2 report0", "all boss2 report0 report1")
    load("anew_regrouped", 2, new, "boss2", "sales report0", "all boss2 report0 report1", "board boss2")
    load("anew_later", 2, [], "boss", "sales report0", "all report0 report1")
    married = [user("boss2", "boss@x", display_name="Boss Newname")]
    load(
        "anew_renamed",
        2,
        married,
        "boss2",
        "sales boss2 report0",
        "all boss2 report0 report1",
        name="Boss Newname",
    )
    # The old membership is still listed.
    load("anew_side_by_side", 2, new, "boss2", "sales boss boss2 report0", "all boss2 report0 report1")
    yield
    load("anew_later", 3, new, "boss2", "sales boss2 report0", "all boss2 report0 report1")
    load("anew_side_by_side", 3, new, "boss2", "sales boss2 report0", "all boss2 report0 report1")
    for _ in range(3):
        yield


def words(raw: Raw) -> Iterator[None]:
    """Groups, managers and roles are renamed: after an event, and in the same read as one."""

    def load(day: int, suffix: str, mover: dict[str, Any], crm_role: int, *groups: str) -> None:
        raw.load(
            "words",
            day,
            {
                "owners": [owner(1, "mover@x", role_id=crm_role)],
                "roles": [role(number, f"Role {number}{suffix}") for number in (1, 2, 3)],
                "scim_users": [
                    user("mover", "mover@x", **mover),
                    *(user(name, f"{name}@x", display_name=f"{name}{suffix}") for name in ("m1", "m2", "m3")),
                ],
                "scim_groups": [
                    {"id": name, "display_name": f"{name}{suffix}"} for name in ("g1", "g2", "g3")
                ],
                "scim_group_members": [row for name in groups for row in members(name, "mover")],
            },
        )

    load(1, " I", {"manager_id": "m1"}, 1, "g1")
    yield
    load(2, " I", {"manager_id": "m2"}, 2, "g2")
    yield
    load(3, " II", {"manager_id": "m2"}, 2, "g2")
    yield
    load(4, " III", {"manager_id": "m3"}, 3, "g3")
    yield
    load(5, " IV", {"manager_id": "m3"}, 3, "g3")
    yield


def one_side_down(raw: Raw) -> Iterator[None]:
    """In the second run one side cannot be read, and somebody is new on the other; the third shows all."""
    down = {"scim_down": "scim_users", "crm_down": "owners"}
    for account in down:
        raw.load(account, 1, {"owners": [owner(1, "old@x")], "scim_users": [user("old", "old@x")]})
    groups: dict[str, Rows] = {"scim_groups": [group("g")], "scim_group_members": []}
    raw.load("groups_down", 1, {"scim_users": [user("old")], **groups})
    yield
    for account, stream in down.items():
        everything = {
            "owners": [owner(1, "old@x"), owner(2, "both@x"), owner(3, "alone@x")],
            "scim_users": [user("old", "old@x"), user("both", "both@x"), user("alone", "alone@x")],
        }
        raw.load(account, 2, everything | {stream: []}, incomplete={stream: "failed: it is down"})
    both = [user("old"), user("new")]
    raw.load(
        "groups_down",
        2,
        {"scim_users": both, **groups},
        incomplete={"scim_group_members": "failed: it is down"},
    )
    yield
    raw.load("groups_down", 3, {"scim_users": both, **groups})
    raw.load(
        "scim_down",
        3,
        {
            "owners": [owner(1, "old@x"), owner(2, "both@x"), owner(3, "alone@x")],
            "scim_users": [user("old", "old@x"), user("both", "both@x")],
        },
    )
    raw.load(
        "crm_down",
        3,
        {
            "owners": [owner(1, "old@x"), owner(2, "both@x")],
            "scim_users": [user("old", "old@x"), user("both", "both@x"), user("alone", "alone@x")],
        },
    )
    for _ in range(3):
        yield


def late_proof(raw: Raw) -> Iterator[None]:
    """A read turns out to be complete: after a later one was told, and before there is any."""
    steady, visitor = user("steady", "steady@x"), user("visitor", "visitor@x")
    raw.load("late_proof", 1, {"scim_users": [steady, user("kept", "kept@x")]})
    raw.load("late_last", 1, {"owners": [owner(1, "kept@x")], "scim_users": [steady, user("kept", "kept@x")]})
    yield
    raw.load("late_proof", 2, {"scim_users": [steady, visitor]}, incomplete={"scim_users": "held back"})
    raw.load(
        "late_last",
        2,
        {"owners": [owner(1, "kept@x", is_active=False)], "scim_users": [steady]},
        incomplete={"scim_users": "held back"},
    )
    yield
    raw.load("late_proof", 3, {"scim_users": [steady, user("kept", "kept@x")]})
    yield
    raw.prove("late_proof", 2)
    raw.prove("late_last", 2)
    yield
    yield


def killed(raw: Raw) -> Iterator[None]:
    """A run dies, and the next one overwrites whatever it had brought."""
    raw.load("killed", 1, {"scim_users": [user("ann", "ann@x"), user("ben", "ben@x")]})
    yield
    raw.load("killed", 2, {"scim_users": [user("ann", "ann@x", active=False)]}, receipts=False)
    yield
    raw.load("killed", 3, {"scim_users": [user("ann", "ann@x"), user("ben", "ben@x")]})
    for _ in range(3):
        yield


DRIFTING = 12


def drifting(raw: Raw) -> Iterator[None]:
    """Few addresses and names for many ids, dealt anew before each read: no pairing lasts."""
    chance = Random(20261125)
    while True:
        for account in (f"drifting{number}" for number in range(DRIFTING)):
            day = next(day for day in range(1, 29) if not raw.has(account, day))
            addresses = [f"{name}@x" for name in "abcdef"]
            owners = [
                owner(
                    number,
                    chance.choice(addresses),
                    display_name=chance.choice("ABCDEF"),
                    role_id=chance.randint(1, 2),
                )
                for number in range(6)
                if chance.random() < 0.8
            ]
            users = [
                user(
                    f"u{number}",
                    chance.choice(addresses),
                    display_name=chance.choice("ABCDEF"),
                    active=chance.random() < 0.8,
                    manager_id=f"u{chance.randint(0, 5)}",
                )
                for number in range(6)
                if chance.random() < 0.8
            ]
            failed = chance.choice([None, None, "owners", "scim_users"]) if day > 1 else None
            raw.load(
                account,
                day,
                {
                    "owners": owners,
                    "scim_users": users,
                    "roles": [role(1, "One"), role(2, "Two")],
                    "scim_groups": [group("g")],
                    "scim_group_members": members(
                        "g", *(row["id"] for row in users if chance.random() < 0.5)
                    ),
                },
                incomplete={failed: "failed"} if failed else None,
            )
        yield
