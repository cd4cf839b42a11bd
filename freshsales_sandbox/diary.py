"""What happens to the people of a company, day by day. Tests compare the history of reads with this truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from freshsales_sandbox.company import ADMINISTRATOR, MAIL_DOMAIN, mail_name, usual_roles
from freshsales_sandbox.directory import FIRST_DAY, Directory, Group, Person
from freshsales_sandbox.names import DEPARTMENTS, FAMILY_NAMES, GIVEN_NAMES

Kind = Literal["hire", "leave", "move", "rename", "promote", "regroup", "rehire"]
What = Literal[
    "account", "active", "owner", "display_name", "email", "department", "manager", "role", "group"
]

# How often each event happens, as a share of all events.
FREQUENCY: dict[Kind, int] = {
    "hire": 22,
    "leave": 18,
    "move": 15,
    "rename": 8,
    "promote": 12,
    "regroup": 20,
    "rehire": 5,
}
# Each day has six events for each 1,000 people.
DAILY_SHARE = 0.006


@dataclass(frozen=True, slots=True)
class Entry:
    """One change, and the HR event that it was a part of.

    `old` and `new` are names as people read them; None if there was or is nothing. For a role, a manager or a
    group, `old_id` and `new_id` are its ids. If `what` is `account` or `owner`, the SCIM account or the entry
    in selector/owners came or went.
    """

    day: int
    at: datetime
    kind: Kind | Literal["misuse"]
    scim_id: str
    crm_id: int | None
    what: What
    old: str | None
    new: str | None
    old_id: str | None = None
    new_id: str | None = None


class Diary:
    """Plays HR events in a directory and writes down each change. The same seed gives the same events."""

    def __init__(self, directory: Directory, seed: int) -> None:
        self.directory = directory
        self.entries: list[Entry] = []
        self.followers: list[Callable[[Person, Entry], None]] = []  # called for each new entry
        self.day = 0
        self._chance = Random(f"diary {seed}")  # noqa: S311 - repeatable on purpose
        self._deeds: dict[Kind, Callable[[], None]] = {
            "hire": self._hire,
            "leave": self._leave,
            "move": self._move,
            "rename": self._rename,
            "promote": self._promote,
            "regroup": self._regroup,
            "rehire": self._rehire,
        }
        self._kind: Kind | Literal["misuse"] = "hire"

    def play(self, days: int) -> list[Entry]:
        """Play this many days. Returns the entries of these days."""
        first = len(self.entries)
        for _ in range(days):
            self.day += 1
            with self.directory.lock:
                self._play_day()
        return self.entries[first:]

    @contextmanager
    def misusing(self) -> Iterator[None]:
        """Entries that are written in the block are marked as misuse."""
        with self.directory.lock:
            self._kind = "misuse"
            yield

    def _play_day(self) -> None:
        morning = FIRST_DAY + timedelta(days=self.day)
        expected = max(len(self.directory.people) * DAILY_SHARE, 1.0)
        events = self._chance.randint(0, round(2 * expected))
        for number in range(events):
            [kind] = self._chance.choices(list(FREQUENCY), list(FREQUENCY.values()))
            self._kind = kind
            moment = morning + timedelta(hours=9) * number / events
            self.directory.now = max(self.directory.now, moment.replace(microsecond=0))
            self._deeds[kind]()
        self.directory.now = max(self.directory.now, morning + timedelta(hours=10))

    def _note(
        self,
        person: Person,
        what: What,
        old: str | None,
        new: str | None,
        ids: tuple[str | None, str | None] = (None, None),
    ) -> None:
        entry = Entry(
            self.day, self.directory.now, self._kind, str(person.scim_id), person.crm_id, what, old, new, *ids
        )
        self.entries.append(entry)
        for follow in self.followers:
            follow(person, entry)

    # What happens

    def _hire(self) -> None:
        given_name, family_name = self._chance.choice(GIVEN_NAMES), self._chance.choice(FAMILY_NAMES)
        email = self._free_address(given_name, family_name)
        department = self._chance.choice(list(DEPARTMENTS))
        manager = self._someone(lambda person: person.department == department)
        person = self.directory.new_person(
            given_name=given_name,
            family_name=family_name,
            display_name=f"{given_name} {family_name}",
            user_name=email,
            email=email,
            title=DEPARTMENTS[department][2][-1],
            user_type="Employee",
            department=department,
            division=DEPARTMENTS[department][1],
            manager_id=manager.scim_id if manager else None,
        )
        person.role_id = self._role_for(department, person.role_id)
        self.directory.add(person)
        self._note(person, "account", None, person.display_name)
        self._note(person, "owner", None, person.display_name)
        self._join_group(person, self._group_of(department))

    def _leave(self) -> None:
        """Switch most accounts off and remove some. A few of the former keep their seat in the CRM."""
        person = self._someone()
        if person is None:
            return
        was_owner = person.is_owner
        self._hand_over(person)
        if self._chance.random() < 0.2:  # noqa: PLR2004
            for group in self.directory.groups_of(person.scim_id):
                self._note(person, "group", group.name, None, (group.scim_id, None))
            self.directory.remove(person)
            self._note(person, "account", person.display_name, None)
        else:
            keeps_seat = self._chance.random() < 0.15  # noqa: PLR2004
            self.directory.change(person, active=False, crm_active=person.crm_active and keeps_seat)
            self._note(person, "active", "true", "false")
            was_owner = was_owner and not keeps_seat
        if was_owner:
            self._note(person, "owner", person.display_name, None)

    def _hand_over(self, leaver: Person) -> None:
        """Give the people whom somebody leads to the manager of that person."""
        led = [person for person in self.directory.users() if person.manager_id == leaver.scim_id]
        for person in led:
            # Two people may be the manager of each other.
            new = self.directory.user(leaver.manager_id) if leaver.manager_id != person.scim_id else None
            name, new_id = (new.display_name, new.scim_id) if new else (None, None)
            self.directory.change(person, manager_id=new_id)
            self._note(person, "manager", leaver.display_name, name, (leaver.scim_id, new_id))

    def _rehire(self) -> None:
        person = self._someone(is_active=False)
        if person is None:
            return
        was_owner = person.is_owner
        self.directory.change(person, active=True)
        self._note(person, "active", "false", "true")
        if person.is_owner and not was_owner:
            self._note(person, "owner", None, person.display_name)
        self._join_group(person, self._group_of(person.department))

    def _move(self) -> None:
        person = self._someone()
        if person is None:
            return
        old = person.department
        self.move(person, self._chance.choice([name for name in DEPARTMENTS if name != old]))
        self._leave_group(person, self._group_of(old))

    def move(self, person: Person, department: str) -> None:
        """Move somebody to another department, with its role and group. They stay in the old group."""
        old = person.department
        manager = self._someone(lambda other: other.department == department and other is not person)
        old_manager = self.directory.user(person.manager_id)
        old_manager_id, manager_id = person.manager_id, manager.scim_id if manager else None
        self.directory.change(
            person,
            title=DEPARTMENTS[department][2][2],
            department=department,
            division=DEPARTMENTS[department][1],
            manager_id=manager_id,
            territory_id=None,
        )
        self._note(person, "department", old, department)
        if manager_id != old_manager_id:
            names = (
                old_manager.display_name if old_manager else None,
                manager.display_name if manager else None,
            )
            self._note(person, "manager", *names, (old_manager_id, manager_id))
        self._join_group(person, self._group_of(department))
        if person.is_owner:
            self.give_role(person, self._role_for(department, person.role_id))

    def _rename(self) -> None:
        """Give somebody another family name, and often another address; the old one becomes an alias."""
        person = self._someone()
        if person is None:
            return
        family_name = self._chance.choice([name for name in FAMILY_NAMES if name != person.family_name])
        old_name, old_email = person.display_name, person.email
        new_name = f"{person.given_name} {family_name}"
        fields: dict[str, object] = {"family_name": family_name, "display_name": new_name}
        if self._chance.random() < 0.5:  # noqa: PLR2004
            email = self._free_address(person.given_name, family_name)
            fields |= {"email": email, "user_name": email, "crm_email": email if person.crm_id else None}
            fields["aliases"] = (*person.aliases, old_email) if old_email else person.aliases
        self.directory.change(person, **fields)
        self._note(person, "display_name", old_name, new_name)
        if person.email != old_email:
            self._note(person, "email", old_email, person.email)

    def _promote(self) -> None:
        """Give somebody another role of the same work, but never that of an administrator."""
        ids = {role.name: role.id for role in self.directory.roles if role.name != ADMINISTRATOR}

        def others(person: Person) -> list[int]:
            roles = [ids[name] for name in usual_roles(person.department) if name in ids]
            return [role for role in roles if role != person.role_id and person.role_id in roles]

        person = self._someone(lambda person: person.is_owner and bool(others(person)))
        if person is not None:
            self.give_role(person, self._chance.choice(others(person)))

    def give_role(self, person: Person, new: int | None) -> None:
        names = {role.id: role.name for role in self.directory.roles}
        old = person.role_id
        if new is not None and new != old:
            self.directory.change(person, role_id=new)
            ids = (str(old) if old is not None else None, str(new))
            self._note(person, "role", names.get(old) if old is not None else None, names[new], ids)

    def _regroup(self) -> None:
        person = self._someone()
        groups = [group for group in self.directory.groups if group.name.startswith("Project ")]
        if person is None or not groups:
            return
        group = self._chance.choice(groups)
        if person.scim_id in group.members:
            self._leave_group(person, group)
        else:
            self._join_group(person, group)

    # Finding and grouping

    def _someone(
        self, is_right: Callable[[Person], bool] = lambda _: True, *, is_active: bool = True
    ) -> Person | None:
        """Pick a SCIM user, but never the one whose API key reads the CRM."""
        people = [
            person
            for person in self.directory.users()
            if person.active == is_active and person is not self.directory.key_owner and is_right(person)
        ]
        return self._chance.choice(people) if people else None

    def _free_address(self, given_name: str, family_name: str) -> str:
        name = mail_name(given_name, family_name)
        number = ""
        while self.directory.user_named(f"{name}{number}@{MAIL_DOMAIN}") is not None:
            number = str(self._chance.randint(2, 99_999))
        return f"{name}{number}@{MAIL_DOMAIN}"

    def _role_for(self, department: str | None, otherwise: int | None) -> int | None:
        """The role with the fewest rights that fits a department; `otherwise` if the CRM does not have it."""
        least = usual_roles(department)[0]
        return next((role.id for role in self.directory.roles if role.name == least), otherwise)

    def _group_of(self, department: str | None) -> Group | None:
        return next((group for group in self.directory.groups if group.name == department), None)

    def _join_group(self, person: Person, group: Group | None) -> None:
        if group is not None and person.scim_id not in group.members:
            self.directory.change_group(group, members=[*group.members, str(person.scim_id)])
            self._note(person, "group", None, group.name, (None, group.scim_id))

    def _leave_group(self, person: Person, group: Group | None) -> None:
        if group is not None and person.scim_id in group.members:
            members = [member for member in group.members if member != person.scim_id]
            self.directory.change_group(group, members=members)
            self._note(person, "group", group.name, None, (group.scim_id, None))
