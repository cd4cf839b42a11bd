"""What is loaded into the one warehouse that the tests of the marts share: an account a scenario.

A scenario is a generator: dbt builds after each `yield`, for all of them at once.
"""

from collections.abc import Callable, Iterator

from tests.marts.companies import companies
from tests.marts.people import group, members, owner, role, user
from tests.marts.raw import Raw
from tests.marts.reconciling import random_directories
from tests.marts.scenarios_held_back import deleted_rows, held_back, held_back_late
from tests.marts.scenarios_in_time import history, keys, late_builds
from tests.marts.scenarios_of_ids import (
    drifting,
    killed,
    late_proof,
    made_anew,
    one_side_down,
    seats,
    words,
)
from tests.marts.scenarios_of_people import (
    as_served,
    id_spaces,
    managers,
    names,
    role_names,
    several_roles,
    spelling,
    standings,
)
from tests.marts.scenarios_of_providers import PROVIDER_SCENARIOS

Scenario = Callable[[Raw], Iterator[None]]
BUILDS = 5


def flags(raw: Raw) -> Iterator[None]:
    """A department of 40 with one who stands out, groups within groups and in a circle, each kind of risk."""
    account = "flags"
    crowd = [user(f"crowd{n}", f"crowd{n}@x", department="Sales", manager_id="boss") for n in range(39)]
    users = [
        user("boss", "boss@x", roles=["Global Admin"]),
        user("retired", "retired@x", active=False),
        user(
            "outlier", "outlier@x", department="Sales", manager_id="boss", entitlements=[{"value": "export"}]
        ),
        user("orphan", "orphan@x", active=False, manager_id="boss"),
        user("led_by_retired", "led1@x", manager_id="retired"),
        user("led_by_ghost", "led2@x", manager_id="ghost"),
        user("led_by_name", "led3@x", manager_display_name="The Boss"),
        user("twin1", "twin@x", manager_id="boss"),
        user("twin2", "twin@x", manager_id="boss"),
        user("leaver", "leaver@x", manager_id="boss"),
        *crowd,
    ]
    owners = [
        owner(1, "boss@x", role_id=1, territory_id=9),
        owner(2, "orphan@x", role_id=2),
        owner(3, "lonely@x", role_id=2),
        owner(4, "twin@x", role_id=2),
        owner(5, "leaver@x", role_id=2),
        owner(6, "asleep@x", is_active=False),
        owner(7, "outlier@x", role_id=77),
        owner(8, "led1@x", role_id=3),
    ]
    memberships = [
        *members("sales", *(row["id"] for row in crowd), "outlier"),
        *members("inner", "boss"),
        *members("outer", "inner", "sales", kind="Group"),
        *members("inner", "outer", kind=None),
    ]
    raw.load(
        account,
        1,
        {
            "owners": owners,
            "scim_users": users,
            "roles": [role(1, "Account Administrator"), role(2, "Sales User"), role(3, "Administrator")],
            "territories": [{"id": 9, "name": "North", "position": 1}],
            "scim_groups": [group("sales"), group("inner"), group("outer")],
            "scim_group_members": memberships,
        },
    )
    yield
    # All but the leaver are read again.
    raw.load(account, 2, {"scim_users": [row for row in users if row["id"] != "leaver"]})
    for _ in range(BUILDS - 1):
        yield


def shapes(raw: Raw) -> Iterator[None]:
    """Accounts of which little was loaded, or badly."""
    people = [user("ann", "ann@x", department="Sales"), user("bob", "bob@x")]
    raw.load("only_rest", 1, {"owners": [owner(1, "ann@x", role_id=1)], "roles": [role(1, "Admin")]})
    raw.load("only_scim", 1, {"scim_users": people, "scim_groups": [], "scim_group_members": []})
    raw.load("empty", 1, {"owners": [], "scim_users": []})
    raw.load("one_person", 1, {"owners": [owner(1, "ann@x")], "scim_users": people[:1]})
    raw.load(
        "no_groups",
        1,
        {"scim_users": people, "scim_groups": [], "scim_group_members": []},
        incomplete={"scim_groups": "absent", "scim_group_members": "absent"},
    )
    raw.load("half_loaded", 1, {"owners": [], "scim_users": people})
    raw.load("lossy", 1, {"scim_users": people})
    raw.load("filtered", 1, {"scim_users": people})
    raw.load("filtered_and_lossy", 1, {"scim_users": people})
    raw.load(
        "bare_emails",
        1,
        {
            "owners": [owner(1, "second@x")],
            "scim_users": [user("bare", primary_email="first@x", emails=["first@x", " Second@X "])],
        },
    )
    raw.load("repeated", 1, {"scim_users": people})
    raw.repeat_receipts("repeated")
    # Sorted by their UTF-8 bytes, and not as a locale or UTF-16 would have them.
    odd = ["b", "B", "a-1", "a1", "A", "_", "\u00e9", "\uff5e", "\U0001f600", "10", "9", "1\u0301"]
    # With what parts the lines, and the parts of a line, in the text that is hashed.
    odd += ["line\nbreak", "line", "break", "tab\tbed", "tab", "carriage\rreturn", "back\\nslash"]
    raw.load(
        "odd_keys",
        1,
        {
            "owners": [owner(number) for number in (10, 9, 70_000_000_000_000_000)],
            "scim_users": [user(name) for name in odd],
            "scim_group_members": [row for name in odd for row in members(name, *odd[:3], *odd[-7:])],
        },
    )
    for account in ("twin_a", "twin_b"):
        name = account[-1]
        raw.load(
            account,
            1,
            {
                "owners": [owner(1, f"{name}@x", role_id=1)],
                "roles": [role(1, f"Role {name}")],
                "scim_users": [user("same", f"{name}@x")],
                "scim_groups": [group("same")],
                "scim_group_members": members("same", "same") if name == "a" else [],
            },
        )
    yield
    raw.load("empty", 2, {"owners": [], "scim_users": [user("first", "first@x")]})
    raw.load("half_loaded", 2, {"scim_users": people[:1]}, receipts=False)
    # The receipt arrives; the loader has lost one of its rows.
    raw.load("lossy", 2, {"scim_users": people}, lost={"scim_users": 1})
    # A stream map has left one out; of the other account the loader has lost the rest besides.
    one_out = {"scim_users": 1}
    raw.load("filtered", 2, {"scim_users": people}, filtered=one_out)
    raw.load("filtered_and_lossy", 2, {"scim_users": people}, filtered=one_out, lost=one_out)
    # Nobody has left in one account, one has in the other.
    raw.load("twin_a", 2, {"scim_users": [user("same", "a@x")]})
    raw.load("twin_b", 2, {"scim_users": []})
    yield
    raw.load("lossy", 3, {"scim_users": people})
    raw.load("filtered_and_lossy", 3, {"scim_users": people})
    for _ in range(BUILDS - 2):
        yield


def directories(raw: Raw) -> Iterator[None]:
    for account, owners, users in random_directories():
        raw.load(account, 1, {"owners": owners, "scim_users": users})
    for _ in range(BUILDS):
        yield


SCENARIOS: tuple[Scenario, ...] = (
    *(history, late_builds, keys, flags, shapes, directories),
    *(seats, made_anew, words, one_side_down, late_proof, killed, drifting),
    *(held_back, held_back_late, deleted_rows),
    *(standings, managers, names, role_names, several_roles, id_spaces, spelling, as_served),
    companies,
    *PROVIDER_SCENARIOS,
)
