"""Companies of the sandbox, as reads of them fill the raw tables, and what is played in them."""

from collections.abc import Iterator

from freshsales_sandbox.company import found_company
from freshsales_sandbox.diary import Diary
from freshsales_sandbox.directory import Directory
from freshsales_sandbox.misuse import Misuse, play_misuse
from tests.marts.people import Row
from tests.marts.raw import Raw

PEOPLE = 250
# The first is the company of the demo.
SEEDS = (7, 11, 23)
# Days of November on which they are read, once for each build, and the days that pass in them before a read.
READ_ON = (1, 6, 11, 16, 21)
DAYS = (0, 14, 14, 16, 16)
MISUSES = 12


def healthy(seed: int) -> str:
    return f"healthy_{seed}"


def misused(seed: int) -> str:
    return f"misused_{seed}"


def companies(raw: Raw) -> Iterator[None]:
    """Sixty days of companies in which all is well, and of the same ones where access is then misused."""
    diaries = {seed: Diary(found_company(PEOPLE, seed), seed) for seed in SEEDS}
    for day, days in zip(READ_ON, DAYS, strict=True):
        for seed, diary in diaries.items():
            diary.play(days)
            for account in (healthy(seed), misused(seed)):
                if account == misused(seed) and day == READ_ON[-1]:
                    played(diary, seed)
                raw.load(account, day, rows_of(diary.directory))
        yield


def played(diary: Diary, seed: int) -> list[Misuse]:
    return play_misuse(diary, MISUSES, seed)


def truth(seed: int) -> list[Misuse]:
    """What is misused in the company of a seed, played anew: the warehouse has no part in it."""
    diary = Diary(found_company(PEOPLE, seed), seed)
    for days in DAYS:
        diary.play(days)
    return played(diary, seed)


def rows_of(directory: Directory) -> dict[str, list[Row]]:
    owners = [
        {
            "id": person.crm_id,
            "display_name": person.display_name,
            "email": person.crm_email,
            "role_id": person.role_id,
            "territory_id": person.territory_id,
            "is_active": person.crm_active,
        }
        for person in directory.owners()
    ]
    users = [
        {
            "id": person.scim_id,
            "user_name": person.user_name,
            "display_name": person.display_name,
            "active": person.active,
            "primary_email": person.email,
            "emails": [{"value": email} for email in (person.email, *person.aliases) if email],
            "title": person.title,
            "department": person.department,
            "manager_id": person.manager_id,
            "roles": [{"value": role} for role in person.scim_roles],
            "entitlements": [{"value": value} for value in person.entitlements],
        }
        for person in directory.users()
    ]
    ids = {person.scim_id for person in directory.users()}
    memberships = [
        {
            "group_id": group.scim_id,
            "group_display_name": group.name,
            "member_id": member,
            "member_type": "User" if member in ids else "Group",
        }
        for group in directory.groups
        for member in group.members
    ]
    return {
        "owners": owners,
        "roles": [{"id": role.id, "name": role.name} for role in directory.roles],
        "territories": [
            {"id": place.id, "name": place.name, "position": place.position}
            for place in directory.territories
        ],
        "scim_users": users,
        "scim_groups": [{"id": group.scim_id, "display_name": group.name} for group in directory.groups],
        "scim_group_members": memberships,
    }
