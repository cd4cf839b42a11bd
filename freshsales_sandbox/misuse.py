"""Gives people access that does not fit their work, by chance. Tests compare the findings with it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from freshsales_sandbox.company import usual_roles
from freshsales_sandbox.diary import Diary
from freshsales_sandbox.directory import Person
from freshsales_sandbox.names import DEPARTMENTS


@dataclass(frozen=True)
class Misuse:
    """A person and the access that they should not have: a role of another job, or the old group."""

    scim_id: str
    resource_type: str
    resource_name: str


def play_misuse(diary: Diary, number: int, seed: int) -> list[Misuse]:
    """Give this many people access that they should not have. The diary has the changes."""
    chance = Random(f"misuse {seed}")  # noqa: S311 - repeatable on purpose
    directory = diary.directory
    with diary.misusing():
        people = [
            person
            for person in directory.users()
            if person.active and person.is_owner and person.department and person is not directory.key_owner
        ]
        drawn = chance.sample(people, min(number, len(people)))
        played = [
            _keep_group(diary, person, chance) if chance.random() < 0.5 else _take_role(diary, person, chance)  # noqa: PLR2004
            for person in drawn
        ]
    return [misuse for misuse in played if misuse is not None]


def _take_role(diary: Diary, person: Person, chance: Random) -> Misuse | None:
    """Give a role of another job that nobody in the department has."""
    directory = diary.directory
    held = {other.role_id for other in directory.people if other.department == person.department}
    of_jobs = {role for department in DEPARTMENTS for role in usual_roles(department)}
    roles = [role for role in directory.roles if role.name in of_jobs and role.id not in held]
    if not roles:
        return None
    role = chance.choice(roles)
    diary.give_role(person, role.id)
    return Misuse(str(person.scim_id), "crm_role", role.name)


def _keep_group(diary: Diary, person: Person, chance: Random) -> Misuse | None:
    """Move somebody to another department; they stay in the group of the old one."""
    old = str(person.department)
    group = next((group for group in diary.directory.groups if group.name == old), None)
    if group is None or person.scim_id not in group.members:
        return None
    diary.move(person, chance.choice([name for name in DEPARTMENTS if name != old]))
    return Misuse(str(person.scim_id), "scim_group", group.name)
