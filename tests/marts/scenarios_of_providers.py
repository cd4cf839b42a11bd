"""Accounts whose people an identity provider knows, too."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.marts.leaving import leaving
from tests.marts.matching import Directory, random_directory
from tests.marts.people import owner, user
from tests.marts.providers import (
    DIALECTS,
    contract_user,
    dlt,
    okta_app_user,
    okta_event,
    okta_user,
    rows_of,
)
from tests.marts.raw import Raw, keys_sha256

Row = dict[str, Any]
BUILDS = 5
APP, OTHER_APP = "0oa1freshsales", "0oa2other"
STATUSES = [
    "ACTIVE", "DEPROVISIONED", "SUSPENDED", "STAGED", "LOCKED_OUT", "RECOVERY", "PROVISIONED",
    "PASSWORD_EXPIRED",
]  # fmt: skip
ITEMS: dict[str, list[Row]] = {
    "users": [okta_user(number, STATUSES[number % len(STATUSES)]) for number in range(1, 13)],
    "app_users": [
        *(okta_app_user(number, APP) for number in range(1, 9)),
        okta_app_user(9, APP, syncState="ERROR"),
        okta_app_user(10, OTHER_APP),
    ],
    "log_events": [
        okta_event(1, "user.lifecycle.deactivate", 1, "2026-05-02T07:30:00.000Z"),
        okta_event(2, "application.provision.user.deactivate", 1, "2026-05-02T07:31:00.000Z", APP, "FAILURE"),
        okta_event(3, "user.authentication.sso", 2, "2026-05-03T08:00:00.500Z", APP),
        okta_event(4, "user.authentication.sso", 3, "2026-05-03T08:00:00.000Z", OTHER_APP),
        okta_event(5, "user.session.start", 3, "2026-05-03T23:00:00.000Z"),
        okta_event(6, "application.user_membership.add", 4, "2026-05-03T08:00:00.000Z", APP),
        okta_event(7, "policy.evaluate_sign_on", 4, "2026-05-03T08:00:00.000Z"),
        okta_event(8, "user.lifecycle.activate", 5, "2026-05-04T08:00:00.000Z"),
        okta_event(9, "user.lifecycle.suspend", 6, "2026-05-04T08:00:00.000Z", result="SKIPPED"),
    ],
}


def entry(account: str, adapter: str, **settings: Any) -> Row:
    return {"source": adapter, "adapter": adapter, "schema": f"raw_{account}", "account": account, **settings}


def dialects(raw: Raw) -> Iterator[None]:
    """One Okta tenant as five loaders land it."""
    now = raw.providers.now
    for name, land in DIALECTS.items():
        account = f"okta_{name}"
        raw.providers.entries.append(entry(account, "okta", app_ids=[APP]))
        raw.providers.put(f"raw_{account}", land(ITEMS, now - timedelta(hours=1)))
        raw.load(account, 1, {"scim_users": [user(f"scim{number}") for number in range(1, 9)], "owners": []})
    for _ in range(BUILDS):
        yield


def receipts(raw: Raw) -> Iterator[None]:
    """Loads that prove, or fail to prove, that the whole list is there; each account has one stranger."""
    now = raw.providers.now
    people = [user("scim1", active=True), user("stranger"), user("off", active=False)]
    shapes: dict[str, Row] = {
        "whole": {},
        "half": {"is_complete": False},
        "lossy": {"rows": 13},
        "others": {"keys_sha256": "0" * 64},
        "stale": {"hours": 72},
        "none": {"receipts": False},
    }
    # As the pipeline lands them: all accounts in one schema, and each row says whose it is.
    landed: dict[str, list[Row]] = {"load_receipts": []}
    for name, shape in shapes.items():
        account = f"receipts_{name}"
        loaded_at = now - timedelta(hours=shape.get("hours", 1))
        tables = dlt(ITEMS, loaded_at, account=account, source="okta_pipeline")
        if shape.get("receipts", True):
            landed["load_receipts"] += [receipt(account, tables, kind, loaded_at, shape) for kind in RECEIPTS]
        for table, rows in tables.items():
            landed[table] = landed.get(table, []) + rows
        raw.load(account, 1, {"scim_users": people, "owners": []})
    raw.providers.put("raw_receipts", landed)
    raw.providers.entries.append(
        {"source": "okta_pipeline", "adapter": "okta", "schema": "raw_receipts", "app_ids": [APP]}
    )
    for name, hours in (("declared", 1), ("declared_stale", 72), ("missing", 1)):
        account = f"receipts_{name}"
        tables = dlt(ITEMS, now - timedelta(hours=hours))
        # The table of the users may never come, whatever is declared of it.
        kept = {"log_events": tables["log_events"]} if name == "missing" else tables
        raw.providers.put(f"raw_{account}", kept)
        raw.providers.entries.append(entry(account, "okta", app_ids=[APP], complete=["users"]))
        raw.load(account, 1, {"scim_users": people, "owners": []})
    for _ in range(BUILDS):
        yield


RECEIPTS = ("users", "app_users", "log_events")


def receipt(account: str, tables: dict[str, list[Row]], kind: str, loaded_at: datetime, shape: Row) -> Row:
    rows = [row for row in tables[kind] if kind != "app_users" or APP in row["_links__app__href"]]
    keys = [row["uuid" if kind == "log_events" else "id"] for row in rows]
    if kind == "app_users":
        keys = [f"{APP}\t{key}" for key in keys]
    made = {
        "account": account,
        "source": "okta_pipeline",
        "object": kind,
        "app_id": APP if kind == "app_users" else None,
        "load_id": tables["users"][0]["_dlt_load_id"],
        "started_at": loaded_at - timedelta(minutes=1),
        "finished_at": loaded_at,
        "is_complete": True,
        "incomplete_reason": None,
        "rows": len(rows),
        "keys_sha256": keys_sha256(keys),
        "events_from": loaded_at - timedelta(days=90) if kind == "log_events" else None,
    }
    changed = {name: value for name, value in shape.items() if name in made}
    return {**made, **changed} if kind == "users" else made


def directories(raw: Raw) -> Iterator[None]:
    """Random people on both sides; in the second build some are gone here, and some assignments are, too."""
    now = raw.providers.now
    raw.providers.entries.append(
        {"source": "idp", "adapter": "contract", "schema": "raw_directories", "app_ids": ["app"]}
    )
    for build in range(1, BUILDS + 1):
        if build <= 2:
            tables: dict[str, list[Row]] = {"users": [], "app_assignments": [], "loads": []}
            for account, directory in random_directories(build):
                raw.load(account, build, {"scim_users": directory.users, "owners": directory.owners})
                tables["users"] += rows_of(account, directory.idp_users, now)
                tables["app_assignments"] += rows_of(account, directory.assignments, now)
                tables["loads"] += [
                    {
                        "account": account,
                        "object": kind,
                        "rows": len(rows) + (0 if is_whole(account) else 1),
                        "newest_loaded_at": now.replace(tzinfo=None),
                    }
                    for kind, rows in (
                        ("users", directory.idp_users),
                        ("app_assignments", directory.assignments),
                    )
                ]
            raw.providers.put("raw_directories", tables)
        yield


DIRECTORIES = 30


def is_whole(account: str) -> bool:
    return int(account.removeprefix("provider")) % 3 != 0


def random_directories(build: int) -> Iterator[tuple[str, Directory]]:
    for number in range(DIRECTORIES):
        chance = Random(number)
        directory = random_directory(chance)
        if build == 2:
            directory = Directory(
                [row for row in directory.owners if chance.random() < 0.8],
                [row for row in directory.users if chance.random() < 0.8],
                directory.idp_users,
                [row for row in directory.assignments if chance.random() < 0.7],
            )
        yield f"provider{number}", directory


def cases(raw: Raw) -> Iterator[None]:
    """One person a case, by the contract; events reach back 100 days."""
    now = raw.providers.now
    account, long_ago = "idp_cases", now - timedelta(days=400)
    names = [
        "stays", "left", "left_off", "suspended", "robot", "push_failed", "push_mended", "sync_error",
        "dormant", "signed_in", "signed_in_late", "signed_in_elsewhere", "newcomer", "stranger",
        "fresh_stranger", "unassigned", "missing", "assigned_late", "undecided", "back", "twin",
    ]  # fmt: skip
    here = [name for name in names if name not in {"missing", "assigned_late"}]
    raw.load(
        account,
        1,
        {
            "scim_users": [
                user(
                    name,
                    "twin@x" if name == "twin" else f"{name}@x",
                    active=None if name == "undecided" else name != "left_off",
                    created_at=(now if name in {"newcomer", "fresh_stranger"} else long_ago).replace(
                        tzinfo=None
                    ),
                )
                for name in here
            ],
            "owners": [],
        },
    )
    changed: dict[str, Row] = {
        "left": {"has_left": True, "idp_status": "disabled", "status_changed_at": now.isoformat()},
        "left_off": {"has_left": True, "idp_status": "disabled"},
        "suspended": {"idp_status": "suspended"},
        "robot": {"has_left": True},
    }
    users = [
        contract_user(
            f"id-{name}",
            email=f"{name}@x",
            login=name,
            created_at=long_ago.replace(tzinfo=None),
            **changed.get(name, {}),
        )
        for name in names
        if name not in {"stranger", "fresh_stranger", "twin"}
    ]
    users += [
        contract_user("id-twin1", email="twin@x"),
        contract_user("id-twin2", email="twin@x", has_left=True),
    ]
    assigned = [
        {
            "app_id": "app",
            "idp_user_id": row["idp_user_id"],
            "sync_state": "ERROR" if row["idp_user_id"] == "id-sync_error" else "SYNCED",
            # After the only read of Freshsales, which could not have seen the account.
            "assigned_at": now.replace(tzinfo=None) if row["idp_user_id"] == "id-assigned_late" else None,
        }
        for row in users
        if row["idp_user_id"] != "id-unassigned"
    ]
    events = [
        event("id-push_failed", "app_deprovisioned", 5, result="FAILURE", reason="503"),
        event("id-push_mended", "app_deprovisioned", 5, result="FAILURE"),
        event("id-push_mended", "app_deprovisioned", 4, result="SUCCESS"),
        event("id-signed_in", "app_sign_in", 3, result="SUCCESS"),
        event("id-signed_in_late", "app_sign_in", 95, result="SUCCESS"),
        event("id-signed_in_elsewhere", "app_sign_in", 3, app_id="another", result="SUCCESS"),
        event("id-dormant", "app_sign_in", 3, result="FAILURE"),
        event("id-left", "app_deprovisioned", 0, result="SUCCESS"),
        event("id-stays", "left", 5, result="FAILURE"),
        event("id-back", "left", 0.2, result="SUCCESS"),
        event("id-back", "returned", 0.1, result="SUCCESS"),
        *(
            event(f"id-{name}", "app_sign_in", 2, result="SUCCESS")
            for name in names
            if name not in {"dormant", "signed_in_elsewhere", "signed_in_late", "newcomer"}
        ),
    ]
    tables = {
        "users": rows_of(account, users, now),
        "app_assignments": rows_of(account, assigned, now),
        "events": rows_of(account, [dated(each, now) for each in events], now),
    }
    tables["loads"] = [
        {
            "account": account,
            "object": kind,
            "rows": len(rows),
            "events_from": (now - timedelta(days=100)).replace(tzinfo=None),
        }
        for kind, rows in tables.items()
    ]
    raw.providers.put("raw_cases", tables)
    raw.providers.entries.append(
        {
            "source": "cases",
            "adapter": "contract",
            "schema": "raw_cases",
            "account": account,
            "app_ids": ["app"],
        }
    )
    raw.providers.service_accounts += ["Robot@X", "id-nobody"]
    for _ in range(BUILDS):
        yield


def event(name: str, event_type: str, days_ago: float, **columns: Any) -> Row:
    return {"idp_user_id": name, "event_type": event_type, "days_ago": days_ago, "app_id": "app", **columns}


def dated(event: Row, now: datetime) -> Row:
    row = dict(event)
    days_ago = row.pop("days_ago")
    name = f"{event['idp_user_id']}-{event['event_type']}-{days_ago}"
    return {**row, "event_id": name, "happened_at": (now - timedelta(days=days_ago)).replace(tzinfo=None)}


def two_sources(raw: Raw) -> Iterator[None]:
    """An IdP and a roster of text, which disagree."""
    now = raw.providers.now
    account = "two_sources"
    today = now.date()
    raw.load(
        account,
        1,
        {
            "scim_users": [
                user("agreed", "agreed@x", employee_number="007"),
                user("roster_only", "roster_only@x", employee_number="008"),
                user("leaves_today", "today@x"),
                user("leaves_tomorrow", "tomorrow@x"),
                user("unclear", "unclear@x"),
                user("rehired", "rehired@x", employee_number="012"),
            ],
            "owners": [owner(1, "Only.Owner@x")],
        },
    )
    names = {"agreed": "agreed", "roster_only": "roster_only", "today": "leaves_today", "unclear": "unclear"}
    raw.providers.put(
        "raw_two",
        {
            "users": rows_of(
                account,
                [contract_user(name, email=f"{mail}@x") for mail, name in names.items()]
                + [contract_user("owner", email="only.owner@x")],
                now,
            )
        },
    )

    def employee(number: str, email: str, left_on: str = "") -> Row:
        return {
            "employee_number": number,
            "email": email,
            "display_name": "",
            "started_on": "2020-01-01",
            "left_on": left_on,
            "_sdc_batched_at": now.replace(tzinfo=None),
        }

    raw.providers.put(
        "raw_roster",
        {
            "roster": [
                employee("007", "other@x"),
                employee("008", "", "2026-10-31"),
                employee("009", "TODAY@x", today.isoformat()),
                employee("010", "tomorrow@x", (today + timedelta(days=1)).isoformat()),
                employee("011", "unclear@x", "end of June"),
                employee("012", "", "2021-12-31"),
                employee("012", ""),
            ]
        },
    )
    raw.providers.entries += [
        {"source": "hr", "adapter": "roster", "schema": "raw_roster", "account": account},
        {"source": "idp_beside_hr", "adapter": "contract", "schema": "raw_two", "account": account},
    ]
    for _ in range(BUILDS):
        yield


def handed_on(raw: Raw) -> Iterator[None]:
    """A leaver's address is given to a colleague, and their assignment vanishes; an id is not loaded."""
    now = raw.providers.now
    account = "handed_on"
    here = [
        user("s-old", "ann@x"),
        user("s-new", "bea@x"),
        user("s-lost", "lost@x", external_id=f"00u{99:017}"),
        user("s-by-address", "mia@x"),
    ]
    raw.load(account, 1, {"scim_users": here, "owners": []})
    old = okta_user(1, login="ann", email="ann@x")
    lost = okta_user(3, login="lost", email="lost@x")
    app_user = okta_app_user(1, APP, externalId="s-old", credentials={"userName": "none"})
    by_address = okta_user(4, login="mia", email="mia@x")
    items = {"users": [old, lost, by_address], "app_users": [app_user], "log_events": []}
    raw.providers.entries.append(entry(account, "okta", app_ids=[APP]))
    raw.providers.put(f"raw_{account}", DIALECTS["singer"](items, now - timedelta(hours=2)))
    yield
    # Deactivated: no assignment any more, another address; the new colleague has the old one.
    old = okta_user(1, "DEPROVISIONED", login="ann.old", email="ann.old@x")
    new = okta_user(2, login="ann", email="ann@x")
    # This leaver was matched by the address alone.
    by_address = okta_user(4, "DEPROVISIONED", login="mia.old", email="mia.old@x")
    heir = okta_user(5, login="mia", email="mia@x")
    items = {"users": [old, new, lost, by_address, heir], "app_users": [], "log_events": []}
    raw.providers.put(f"raw_{account}", DIALECTS["singer"](items, now - timedelta(hours=1)))
    for _ in range(BUILDS - 1):
        yield


def marked_as_deleted(raw: Raw) -> Iterator[None]:
    """Fivetran keeps the rows that were not listed any more, and marks them."""
    now = raw.providers.now
    account = "marked"
    people = [user(f"scim{number}", f"user{number}@corp.example") for number in (1, 2, 3)]
    raw.load(account, 1, {"scim_users": people, "owners": []})
    users = [okta_user(1), okta_user(2, "DEPROVISIONED"), okta_user(3)]
    items = {"users": users, "app_users": [okta_app_user(3, APP)], "log_events": []}
    tables = DIALECTS["fivetran"](items, now - timedelta(hours=1))
    for table, place in (("user", 0), ("user", 1), ("application_user", 0)):
        tables[table][place]["_fivetran_deleted"] = True
    raw.providers.entries.append(entry(account, "okta", app_ids=[APP]))
    raw.providers.put(f"raw_{account}", tables)
    for _ in range(BUILDS):
        yield


def short_log(raw: Raw) -> Iterator[None]:
    """A whole log of 30 days; who is dormant needs 90."""
    now = raw.providers.now
    account, long_ago = "short_log", (now - timedelta(days=400)).replace(tzinfo=None)
    names = ["silent", "signed_in"]
    raw.load(
        account,
        1,
        {"scim_users": [user(name, f"{name}@x", created_at=long_ago) for name in names], "owners": []},
    )
    events = [event("id-signed_in", "app_sign_in", 3, result="SUCCESS")]
    tables = {
        "users": rows_of(
            account,
            [contract_user(f"id-{name}", email=f"{name}@x", created_at=long_ago) for name in names],
            now,
        ),
        "events": rows_of(account, [dated(each, now) for each in events], now),
    }
    tables["loads"] = [
        {
            "account": account,
            "object": kind,
            "rows": len(rows),
            "events_from": (now - timedelta(days=30)).replace(tzinfo=None),
        }
        for kind, rows in tables.items()
    ]
    raw.providers.put("raw_short_log", tables)
    raw.providers.entries.append(
        {"source": "short_log", "adapter": "contract", "schema": "raw_short_log", "account": account}
    )
    for _ in range(BUILDS):
        yield


# Of each person, the rows at the first and at the second provider.
AT_TWO_IDPS: dict[str, tuple[list[Row], list[Row]]] = {
    "at_the_first": ([{}], []),
    "at_the_second": ([], [{}]),
    "at_none": ([], []),
    "at_both": ([{}], [{}]),
    "left_the_second": ([{}], [{"has_left": True}]),
    "unclear_at_the_second": ([{}], [{}, {"has_left": True}]),
}


def two_idps(raw: Raw) -> Iterator[None]:
    """Two providers. The log of the first is whole, and none of these people is in it; the second has none.

    In the account `two_idps_half`, the list of the second is not proven whole.
    """
    now = raw.providers.now
    long_ago = (now - timedelta(days=400)).replace(tzinfo=None)
    for account, surplus in (("two_idps", 0), ("two_idps_half", 1)):
        here = [user(name, f"{name}@x", created_at=long_ago) for name in AT_TWO_IDPS]
        raw.load(account, 1, {"scim_users": here, "owners": []})
        for place, source in enumerate(("first", "second")):
            users = [
                contract_user(f"{name}-{number}", email=f"{name}@x", created_at=long_ago, **columns)
                for name, rows in AT_TWO_IDPS.items()
                for number, columns in enumerate(rows[place])
            ]
            loads: list[Row] = [
                {"account": account, "object": "users", "rows": len(users) + (surplus if place else 0)}
            ]
            if source == "first":
                events_from = (now - timedelta(days=100)).replace(tzinfo=None)
                loads.append({"account": account, "object": "events", "rows": 1, "events_from": events_from})
                events = [dated(event("somebody else", "app_sign_in", 3, result="SUCCESS"), now)]
                raw.providers.put(f"raw_{account}_first", {"events": rows_of(account, events, now)})
            schema = f"raw_{account}_{source}"
            raw.providers.put(schema, {"users": rows_of(account, users, now), "loads": loads})
            raw.providers.entries.append(
                {"source": source, "adapter": "contract", "schema": schema, "account": account}
            )
    for _ in range(BUILDS):
        yield


FIRST_LOAD, SECOND_LOAD = 3, 1  # hours ago


def deleted_later(raw: Raw) -> Iterator[None]:
    """A later load does not list somebody any more. Its receipt is whole, is not, or never came."""
    now = raw.providers.now
    people = [user("scim1", "user1@corp.example"), user("scim2", "user2@corp.example")]
    loads = {
        hours: {"users": [okta_user(number) for number in numbers], "app_users": [], "log_events": []}
        for hours, numbers in ((FIRST_LOAD, (1, 2)), (SECOND_LOAD, (1,)))
    }
    for name in ("whole", "half", "killed"):
        raw.load(f"later_{name}", 1, {"scim_users": people, "owners": []})
        raw.providers.entries.append(entry(f"later_{name}", "okta", app_ids=[APP]))
    landed: dict[str, dict[str, list[Row]]] = {name: {} for name in ("whole", "half", "killed")}
    for hours, items in loads.items():
        loaded_at = now - timedelta(hours=hours)
        for name, before in landed.items():
            account = f"later_{name}"
            tables = dlt(items, loaded_at, account=account, source="okta")
            is_second = hours == SECOND_LOAD
            shape: Row = {"is_complete": False} if is_second and name == "half" else {}
            if not (is_second and name == "killed"):
                tables["load_receipts"] = [
                    {**receipt(account, tables, "users", loaded_at, shape), "source": "okta"},
                ]
            kept = {row["id"]: row for row in before.get("users", [])} | {
                row["id"]: row for row in tables["users"]
            }
            before["load_receipts"] = before.get("load_receipts", []) + tables.get("load_receipts", [])
            before["users"] = list(kept.values())
            raw.providers.put(f"raw_{account}", before)
        yield
    for _ in range(BUILDS - 2):
        yield


def mass_departure(raw: Raw) -> Iterator[None]:
    """Many are missing in the second load, and in the third as well."""
    now, account = raw.providers.now, "mass_departure"
    everybody, few = range(1, 11), range(1, 5)
    people = [user(f"scim{number}", f"user{number}@corp.example") for number in everybody]
    raw.load(account, 1, {"scim_users": people, "owners": []})
    raw.providers.entries.append(entry(account, "okta", app_ids=[APP]))
    listed: dict[str, Row] = {}
    receipts: list[Row] = []
    for hours, numbers in ((3, everybody), (2, few), (1, few)):
        loaded_at = now - timedelta(hours=hours)
        items = {"users": [okta_user(number) for number in numbers], "app_users": [], "log_events": []}
        tables = dlt(items, loaded_at, account=account, source="okta")
        receipts = [*receipts, {**receipt(account, tables, "users", loaded_at, {}), "source": "okta"}]
        listed |= {row["id"]: row for row in tables["users"]}
        raw.providers.put(f"raw_{account}", {"users": list(listed.values()), "load_receipts": receipts})
        yield
    for _ in range(BUILDS - 3):
        yield


def roster_receipts(raw: Raw) -> Iterator[None]:
    """A roster whose second file misses somebody; what of it has come, and whether it is proven whole."""
    now = raw.providers.now.replace(tzinfo=None)
    people = [user(f"u{number}", f"u{number}@x", employee_number=f"00{number}") for number in (1, 2, 3)]
    shapes: dict[str, Row] = {
        "whole": {},
        "unproven": {"is_complete": "false"},
        "lossy": {"rows": "3"},
        "others": {"keys_sha256": "0" * 64},
    }
    schemas = {name: f"raw_roster_{name}" for name in (*shapes, "killed", "older")}
    for name, schema in schemas.items():
        account = f"roster_{name}"
        raw.load(account, 1, {"scim_users": people, "owners": []})
        raw.providers.entries.append(
            {"source": "hr", "adapter": "roster", "schema": schema, "account": account}
        )

    def rows(numbers: tuple[int, ...], loaded_at: datetime) -> list[Row]:
        return [
            {
                "employee_number": f"00{number}",
                "email": f"u{number}@x",
                "display_name": "",
                "started_on": "2020-01-01",
                "left_on": "",
                "_sdc_batched_at": loaded_at,
            }
            for number in numbers
        ]

    def receipts_of(numbers: tuple[int, ...], checked_at: datetime, shape: Row) -> Row:
        moment = f"{checked_at.isoformat(timespec='microseconds')}Z"
        made = {
            "load_id": moment,
            "object": "users",
            "started_at": moment,
            "finished_at": moment,
            "is_complete": "true",
            "incomplete_reason": "",
            "rows": str(len(numbers)),
            "keys_sha256": keys_sha256([f"00{number}" for number in numbers]),
        }
        return {**made, **shape, "_sdc_batched_at": checked_at + timedelta(seconds=5)}

    first, second = (1, 2), (1,)
    before, after = now - timedelta(hours=FIRST_LOAD), now - timedelta(hours=SECOND_LOAD)
    seconds = timedelta(seconds=9)
    for name, schema in schemas.items():
        made = [receipts_of(first, before, {})] if name != "older" else []
        raw.providers.put(schema, {"roster": rows(first, before + seconds)})
        if made:
            raw.providers.put(schema, {"load_receipts": made})
    yield
    for name, schema in schemas.items():
        shape = shapes.get(name, {})
        made = [] if name == "older" else [receipts_of(first, before, {})]
        # A load that was killed has brought its receipt, and not yet its rows.
        came = () if name == "killed" else second
        left = tuple(number for number in first if number not in came)
        raw.providers.put(
            schema,
            {
                "roster": rows(left, before + seconds) + rows(came, after + seconds),
                "load_receipts": [*made, receipts_of(second, after, shape)],
            },
        )
    for _ in range(BUILDS - 1):
        yield


# As the documents of the vendors show them; no tenant was asked.
ENTRA: dict[str, list[Row]] = {
    "users": [
        {
            "id": name,
            "accountEnabled": is_enabled,
            "deletedDateTime": deleted_at,
            "userPrincipalName": f"{name}@corp.example",
            "mail": f"{name.title()}@Corp.example",
            "mailNickname": name,
            "onPremisesImmutableId": f"{name}==",
            "employeeId": f"00{name}",
            "displayName": name.title(),
            "department": "Sales",
            "createdDateTime": "2020-01-01T00:00:00Z",
            "signInActivity": {
                "lastSignInDateTime": "2026-05-02T08:00:00Z",
                "lastSuccessfulSignInDateTime": signed_in_at,
            },
        }
        for name, is_enabled, deleted_at, signed_in_at in (
            ("ann", True, None, "2026-05-01T08:00:00Z"),
            ("bob", False, None, None),
            ("cid", True, "2026-05-03T08:00:00Z", None),
        )
    ],
    "app_role_assigned_to": [
        {"id": "1", "principalId": "ann", "principalType": "User", "resourceId": APP},
        {"id": "2", "principalId": "group", "principalType": "Group", "resourceId": APP},
        {"id": "3", "principalId": "bob", "principalType": "User", "resourceId": OTHER_APP},
    ],
    "sign_ins": [
        {
            "id": f"sign-in-{code}",
            "createdDateTime": "2026-05-01T08:00:00Z",
            "userId": "ann",
            "resourceServicePrincipalId": APP,
            "status": {"errorCode": code, "failureReason": None},
        }
        for code in (0, 50126)
    ],
    "provisioning": [
        {
            "id": "push",
            "activityDateTime": "2026-05-01T08:00:00Z",
            "provisioningAction": "disable",
            "provisioningStatusInfo": {"status": "failure", "errorInformation": {"reason": "503"}},
            "servicePrincipal": {"id": APP},
            "sourceIdentity": {"id": "bob"},
            "initiatedBy": {"id": "robot"},
        }
    ],
    "directory_audits": [
        {
            "id": "audit",
            "activityDateTime": "2026-05-01T08:00:00Z",
            "activityDisplayName": "Disable account",
            "result": "success",
            "targetResources": [{"id": "bob", "type": "User"}],
            "initiatedBy": {"user": {"id": "admin"}},
        }
    ],
}
GOOGLE: dict[str, list[Row]] = {
    "users": [
        {
            "id": name,
            "primaryEmail": f"{name}@corp.example",
            "suspended": name == "bob",
            "archived": name == "cid",
            "aliases": [f"{name}.alias@corp.example"],
            "externalIds": [{"type": "organization", "value": f"00{name}"}],
            "name": {"fullName": name.title()},
            "creationTime": "2020-01-01T00:00:00.000Z",
            "lastLoginTime": "2026-05-01T08:00:00.000Z" if name == "ann" else "1970-01-01T00:00:00.000Z",
        }
        for name in ("ann", "bob", "cid")
    ],
}
ONELOGIN: dict[str, list[Row]] = {
    "users": [
        {
            "id": name,
            "username": name,
            "email": f"{name}@corp.example",
            "status": status,
            "firstname": name.title(),
            "lastname": "",
            "last_login": "2026-05-01T08:00:00.000Z" if name == "ann" else None,
        }
        for name, status in (("ann", 1), ("bob", 2), ("cid", 3))
    ],
    "app_users": [{"id": "ann", "app_id": APP, "username": "ann"}],
    "events": [
        {
            "id": "event",
            "event_type_id": 8,
            "user_id": "ann",
            "app_id": APP,
            "created_at": "2026-05-01T08:00:00Z",
        }
    ],
}


def vendors(raw: Raw) -> Iterator[None]:
    """The providers whose adapters are written from documents, each with the same three people."""
    loaded_at = raw.providers.now - timedelta(hours=1)
    for adapter, items in (("entra", ENTRA), ("google", GOOGLE), ("onelogin", ONELOGIN)):
        raw.providers.entries.append(entry(f"of_{adapter}", adapter, app_ids=[APP]))
        raw.providers.put(f"raw_of_{adapter}", DIALECTS["plain_json"](items, loaded_at))
    for _ in range(BUILDS):
        yield


PROVIDER_SCENARIOS = (
    vendors,
    *(marked_as_deleted, short_log, deleted_later, mass_departure, roster_receipts),
    *(dialects, receipts, directories, cases, two_sources, two_idps, handed_on, leaving),
)
