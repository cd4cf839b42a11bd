"""Accounts that are read again and again: what changes between reads, and what becomes of keys."""

from collections.abc import Iterator
from typing import Any

from tests.marts.people import group, members, owner, role, user
from tests.marts.raw import Raw

Rows = list[dict[str, Any]]


def history(raw: Raw) -> Iterator[None]:
    """Five runs: two complete ones, one that fails half way, a complete one, and one that is killed."""
    account = "history"
    roles = [role(1, "Sales User"), role(2, "Sales Manager")]
    groups = [group("sales"), group("support")]

    def everything(users: Rows, owners: Rows, *memberships: str) -> dict[str, Rows]:
        rows = [row for text in memberships for row in members(*text.split())]
        return {
            "owners": owners,
            "roles": roles,
            "scim_users": users,
            "scim_groups": groups,
            "scim_group_members": rows,
        }

    boss, chief = user("boss", "boss@x"), user("chief", "chief@x")
    steady = user("steady", "steady@x", department="Sales", manager_id="boss")
    raw.load(
        account,
        1,
        everything(
            [
                boss,
                chief,
                steady,
                user("leaver", "leaver@x"),
                user("sleeper", "sleeper@x"),
                user("bride", "maiden@x"),
                user("mover", "mover@x", department="Sales", manager_id="boss"),
                user("hidden", "hidden@x", department="A"),
                user("late", "late@x"),
                user("returner", "returner@x"),
            ],
            [owner(1, "steady@x", role_id=1), owner(2, "mover@x", role_id=1), owner(3, "alone@x")],
            "sales steady mover",
            "support hidden",
        ),
    )
    yield
    raw.load(
        account,
        2,
        everything(
            [
                boss,
                chief,
                steady,
                user("sleeper", "sleeper@x", active=False),
                user("bride", "married@x", display_name="Bride Newname"),
                user("mover", "mover@x", department="Support", manager_id="chief"),
                user("hidden", "hidden@x", department="A"),
                user("late", "late@x"),
                user("joiner", "joiner@x"),
            ],
            [
                owner(1, "steady@x", role_id=1),
                owner(2, "mover@x", role_id=2),
                owner(3, "alone@x"),
                owner(4, "seat@x"),
            ],
            "sales steady",
            "support mover hidden joiner",
        ),
    )
    yield
    # It gets through a part of the list: some changed, some came, and whoever comes later is not met.
    raw.load(
        account,
        3,
        {
            "scim_users": [
                boss,
                user("hidden", "hidden@x", department="B"),
                user("late", "late@x"),
                user("phantom", "phantom@x"),
                user("early", "early@x"),
            ]
        },
        incomplete={"scim_users": "failed: the server answered 500"},
    )
    yield
    raw.load(
        account,
        4,
        everything(
            [
                boss,
                chief,
                steady,
                user("sleeper", "sleeper@x", active=True),
                user("bride", "married@x", display_name="Bride Newname"),
                user("mover", "mover@x", department="Support", manager_id="chief"),
                user("hidden", "hidden@x", department="B"),
                user("joiner", "joiner@x"),
                user("early", "early@x"),
                user("returner", "returner@x"),
            ],
            [
                owner(1, "steady@x", role_id=1),
                owner(2, "mover@x", role_id=2),
                owner(4, "seat@x", is_active=False),
            ],
            "sales steady",
            "support mover hidden joiner",
        ),
    )
    yield
    raw.load(account, 5, {"scim_users": [boss, user("steady", "steady@x", active=False)]}, receipts=False)
    yield


def late_builds(raw: Raw) -> Iterator[None]:
    """A later run, not complete, overwrites some of what the second read brought before dbt runs."""
    account = "late_builds"
    before = [
        user("kept", "kept@x"),
        user("gone", "gone@x"),
        user("both", "both@x"),
        user("touched", "touched@x"),
    ]
    raw.load(account, 1, {"scim_users": before})
    yield
    raw.load(
        account,
        2,
        {
            "scim_users": [
                user("kept", "kept@x", active=False),
                user("both", "both@x", active=False),
                user("touched", "touched@x"),
                user("new", "new@x"),
                user("visitor", "visitor@x"),
            ]
        },
    )
    raw.load(
        account,
        3,
        {"scim_users": [user("both", "both@x", active=False), user("touched", "touched@x")]},
        incomplete={"scim_users": "failed: timeout"},
    )
    yield
    yield
    raw.load(
        account,
        4,
        {
            "scim_users": [
                user("kept", "kept@x", active=False),
                user("both", "both@x", active=False),
                user("touched", "touched@x", active=False),
                user("new", "new@x"),
            ]
        },
    )
    yield
    yield


def keys(raw: Raw) -> Iterator[None]:
    """Ids that meet, part, go and come back."""
    account = "keys"

    def load(day: int, owners: Rows, users: Rows) -> None:
        raw.load(account, day, {"owners": owners, "scim_users": users})

    load(
        1,
        [
            owner(1, "first@x"),
            owner(2, "lag@x"),
            owner(3, "again@x"),
            owner(4, "parted@x"),
            owner(5, "meet@x"),
        ],
        [user("lag", "lag@x"), user("again", "again@x"), user("parted", "parted@x"), user("meet", "other@x")],
    )
    yield
    load(
        2,
        [
            owner(1, "first@x"),
            owner(2, "lag@x"),
            owner(3, "again@x"),
            owner(4, "parted@x"),
            owner(5, "meet@x"),
        ],
        [
            user("first", "first@x"),
            user("lag", "lag2@x"),
            user("parted", "else@x"),
            user("heir", "parted@x"),
            user("meet", "meet@x"),
        ],
    )
    yield
    load(
        3,
        [owner(2, "lag2@x"), owner(3, "again@x"), owner(4, "parted@x"), owner(5, "meet@x")],
        [
            user("first", "first@x"),
            user("lag", "lag2@x"),
            user("again2", "again@x"),
            user("parted", "else@x"),
            user("heir", "parted@x"),
            user("meet", "meet@x"),
        ],
    )
    yield
    load(
        4,
        [owner(2, "lag2@x"), owner(3, "again@x"), owner(4, "parted@x"), owner(5, "meet@x")],
        [
            user("first", "changed@x"),
            user("lag", "lag2@x"),
            user("again2", "again@x"),
            user("parted", "else@x"),
            user("heir", "parted@x"),
            user("meet", "meet@x"),
        ],
    )
    yield
    yield
