"""Access that does not go with the work of its holder, drawn by chance, to hold findings against."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from freshsales_sandbox.company import usual_roles
from freshsales_sandbox.diary import Diary
from freshsales_sandbox.directory import Person
from freshsales_sandbox.names import DEPARTMENTS


@dataclass(frozen=True)
class Misuse:
    """Somebody holds what they should not: a role of another job, or the group of the old department."""

    scim_id: str
    resource_type: str
    resource_name: str


def play_misuse(diary: Diary, number: int, seed: int) -> list[Misuse]:
    """Have so many people hold what they should not; the diary tells what changed."""
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
    """A role of another job, which nobody of the department holds."""
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
    """A move to another department, in which the group of the old one is kept."""
    old = str(person.department)
    group = next((group for group in diary.directory.groups if group.name == old), None)
    if group is None or person.scim_id not in group.members:
        return None
    diary.move(person, chance.choice([name for name in DEPARTMENTS if name != old]))
    return Misuse(str(person.scim_id), "scim_group", group.name)
