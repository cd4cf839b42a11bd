"""What is said of one person: who can get in, who manages them, what they are called, and what they hold."""

from collections.abc import Iterator
from itertools import product

from tests.marts.people import Row, group, members, owner, role, user
from tests.marts.raw import Raw
from tests.marts.served import served

ENTERPRISE_USER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
# How a side may show somebody: None is not there at all, "gone" was there in the read before.
Standing = tuple[str | None, str | None]
SIDES = ("active", "inactive", "unknown", "gone", None)
ACTIVE = {"active": True, "inactive": False, "unknown": None, "gone": True}
STANDINGS = [(crm, scim) for crm, scim in product(SIDES, SIDES) if crm or scim]


def standings(raw: Raw) -> Iterator[None]:
    """Each way to stand on the two sides, with everything that could raise a flag."""
    owners: dict[Standing, Row] = {
        (crm, scim): owner(number, f"{crm}.{scim}@x", role_id=1, is_active=ACTIVE[crm])
        for number, (crm, scim) in enumerate(STANDINGS, 1)
        if crm
    }
    users: dict[Standing, Row] = {
        (crm, scim): user(f"{crm}.{scim}", f"{crm}.{scim}@x", active=ACTIVE[scim], roles=["Admin"])
        for crm, scim in STANDINGS
        if scim
    }
    accounts: dict[str, dict[str, dict[Standing, Row]]] = {
        "standings": {"owners": owners, "scim_users": users},
        "standings_crm": {"owners": owners},
        "standings_scim": {"scim_users": users},
    }
    for account, streams in accounts.items():
        for day in (1, 2):
            loaded = {
                stream: [
                    row for pair, row in rows.items() if day == 1 or pair[stream == "scim_users"] != "gone"
                ]
                for stream, rows in streams.items()
            }
            raw.load(
                account,
                day,
                {**loaded, "roles": [role(1, "Administrator")], "scim_groups": [], "scim_group_members": []},
            )
    while True:
        yield


def managers(raw: Raw) -> Iterator[None]:
    """A manager by id, by the name or an address of somebody, and by what is nobody's."""
    given = {
        "id": {"manager_id": "boss"},
        "id_with_spaces": {"manager_id": " boss "},
        "user_name": {"manager_id": "BOSS.Login"},
        "primary": {"manager_id": "boss@x"},
        "alias": {"manager_id": "Alias@X"},
        "display": {"manager_display_name": "boss@x"},
        "nobody": {"manager_id": "stranger@x"},
        "several": {"manager_id": "shared@x"},
        "gone_by_address": {"manager_id": "former@x"},
        "gone_by_id": {"manager_id": "former"},
        "unheard_of": {"manager_id": "ghost"},
        "empty": {"manager_id": ""},
        "blank": {"manager_id": "  "},
        "by_name": {"manager_display_name": "The Boss"},
        "namesake": {"manager_id": "boss2"},
    }
    boss = user("boss", "boss@x", user_name="boss.login", emails=[{"value": "boss@x"}, {"value": "alias@x"}])
    # Somebody whose login is the id of another: the id comes first.
    others = [user("boss2", "b2@x", user_name="other2"), user("other", "o@x", user_name="boss2")]
    twins = [user("twin1", "shared@x"), user("twin2", "shared@x")]
    led = [user(name, f"{name}@led", **columns) for name, columns in given.items()]
    raw.load("managers", 1, {"scim_users": [boss, *others, *twins, *led, user("former", "former@x")]})
    raw.load("managers", 2, {"scim_users": [boss, *others, *twins, *led]})
    while True:
        yield


def names(raw: Raw) -> Iterator[None]:
    """A name from wherever there is one, before what somebody signs in with."""
    bare = {"display_name": None}
    raw.load(
        "names",
        1,
        {
            "owners": [
                owner(1, "dan@x", display_name="Dan Eriksen"),
                owner(2, "eva@x", display_name="eva@x", first_name="Eva", last_name="Lund"),
                owner(3, "only@x", display_name="only@x"),
                owner(4, "given@x", display_name="Of the CRM"),
                owner(5, "login@x", display_name="Of the CRM"),
            ],
            "scim_users": [
                user("dan", "dan@x", user_name="dan@x", **bare),
                user("eva", "eva@x", user_name="eva@x", display_name="eva@x"),
                user("only", "only@x", user_name="only.login", **bare),
                user("given", "given@x", user_name="given@x", given_name="Of", family_name="SCIM", **bare),
                user("login", "login@x", user_name="login", display_name="login"),
                user("nick", "nick@x", user_name="nick@x", nick_name="Nick", **bare),
                user("alone", "alone@x", user_name="alone@x", **bare),
                user("led", "led@x", manager_id="dan", manager_display_name="dan@x"),
            ],
        },
    )
    while True:
        yield


ROLES = {
    # Administrators.
    "Administrator": True,
    "Account Administrator": True,
    "ADMIN": True,
    "Sales-Admin": True,
    "org_admin": True,
    "freshsales:admin": True,
    "globalAdmin": True,
    "Admin2": True,
    "Super User": True,
    "Super-User": True,
    "Admins": True,
    # Others.
    "Non-admin user": False,
    "Non Administrator": False,
    "Administrative assistant": False,
    "Badminton": False,
    "Administration": False,
    "Sysadministrivia": False,
    "No admin access": False,
    "Sales User": False,
    "": None,
}


def role_names(raw: Raw) -> Iterator[None]:
    """Names of roles that are, and are not, those of administrators; and owners with several roles."""
    numbers = {name: number for number, name in enumerate(ROLES, 1)}
    raw.load(
        "role_names",
        1,
        {
            "owners": [owner(number, f"{number}@x", role_id=number) for number in numbers.values()],
            "roles": [role(number, name) for name, number in numbers.items() if name],
            "scim_users": [],
        },
    )
    raw.load(
        "scim_role_names",
        1,
        {
            "owners": [],
            "scim_users": [
                user(f"u{number}", f"{number}@x", roles=[{"value": name, "display": f"Role {number}"}])
                for name, number in numbers.items()
                if name
            ],
        },
    )
    while True:
        yield


def id_spaces(raw: Raw) -> Iterator[None]:
    """Users and groups with the same ids, and members that say what they are, and that do not."""
    users = [user(name, f"{name}@x") for name in ("1", "2", "3", "4")]
    for account, kind in (("said", "User"), ("unsaid", None)):
        raw.load(
            f"id_spaces_{account}",
            1,
            {
                "scim_users": users,
                "scim_groups": [group("1"), group("2"), group("g")],
                "scim_group_members": [
                    *members("1", "2", kind=kind),
                    *members("2", "3", kind=kind),
                    # Nobody has this id: a group, whether it says so or not.
                    *members("1", "g", kind=None),
                    *members("g", "4", kind=kind),
                ],
            },
        )
    while True:
        yield


def spelling(raw: Raw) -> Iterator[None]:
    """JSON columns as an older tap wrote them: attribute names in the letter case in which they came."""
    raw.load(
        "spelling",
        1,
        {
            "owners": [owner(1, "second@x", display_name="Second")],
            "scim_users": [
                user(
                    "u2",
                    "x2@x",
                    emails=[{"Value": "x2@x", "Primary": True}, {"VALUE": "Second@X"}],
                    roles=[{"Value": "Administrator", "Display": "The Administrator"}],
                    entitlements=[{"vaLue": "export"}],
                )
            ],
        },
    )
    while True:
        yield


USERS = "https://x.example/scim/v2/Users"


def as_served(raw: Raw) -> Iterator[None]:
    """What a SCIM server answers, by way of the tap."""

    def led(name: str, manager: object) -> Row:
        return {"id": name, "userName": name, ENTERPRISE_USER: {"manager": manager}}

    resources = [
        {"id": "1", "userName": "dan@x.example", "active": True},
        {
            "Id": "2",
            "Roles": [{"Value": "Administrator"}],
            "Emails": [{"Value": "x2@corp.example", "Primary": True}],
        },
        {"id": "3", "userName": "three"},
        led("by_reference", {"$ref": f"{USERS}/1"}),
        led("by_empty_value", {"value": "", "$ref": f"{USERS}/1"}),
        led("by_address", "dan@x.example"),
        led("by_strange_address", "stranger@x.example"),
        led("by_nothing", {"value": "  "}),
    ]
    groups = [
        {"id": "1", "displayName": "One", "members": [{"value": "2", "$ref": f"{USERS}/2"}]},
        {"id": "2", "displayName": "Two", "members": [{"value": "3", "$ref": f"{USERS}/3"}]},
    ]
    owners = [owner(1, "dan@x.example", display_name="Dan Eriksen")]
    raw.load("as_served", 1, {"owners": owners, **served(resources, groups)})
    while True:
        yield


def several_roles(raw: Raw) -> Iterator[None]:
    """Owners with several roles: of the list of roles, of their own row, and with no name at all."""
    raw.load(
        "several_roles",
        1,
        {
            "owners": [
                owner(1, "1@x", role_id=1, roles=[{"id": 1}, {"id": 2}]),
                owner(2, "2@x", role_id=2, roles=[{"id": 2}, {"id": 9, "name": "Administrator"}]),
                owner(3, "3@x", role_id=2, roles=[{"id": 2}, {"id": 8}]),
                owner(4, "4@x", role_id=2, roles=[{"id": 2, "name": "Told otherwise"}]),
                owner(5, "5@x", role_id=1),
                owner(6, "6@x", roles=[]),
            ],
            "roles": [role(1, "Admin"), role(2, "Sales User")],
            "scim_users": [],
        },
    )
    while True:
        yield
