"""An invented company, the same for the same seed."""

from __future__ import annotations

import random
import unicodedata
from datetime import datetime, timedelta
from uuid import UUID

from freshsales_sandbox.directory import (
    FIRST_CRM_ID,
    FIRST_DAY,
    Directory,
    Group,
    Person,
    Role,
    Team,
    Territory,
)
from freshsales_sandbox.names import (
    DEPARTMENTS,
    FAMILY_NAMES,
    GIVEN_NAMES,
    PLACES,
    PROJECTS,
    ROLES,
    TEAMS,
    TERRITORIES,
)

COMPANY = "Acme"
MAIL_DOMAIN = "acme.example"
ADMINISTRATOR = "Administrator"
TEAM_SIZE = 8
LARGEST = 100_000
PROJECT_GROUPS = [f"Project {name}{number}" for number in ("", *range(2, 9)) for name in PROJECTS]


def found_company(people: int, seed: int) -> Directory:
    """Invent a company with this many people. Some of them are on one side only, SCIM or CRM."""
    founder = _Founder(random.Random(seed))  # noqa: S311 - repeatable on purpose
    directory = Directory(
        roles=founder.roles,
        territories=founder.territories,
        # These have their own numbers, because people draw from chance in a fixed order.
        teams=[Team(FIRST_CRM_ID - number, name) for number, name in enumerate(TEAMS, start=1)],
        people=founder.hire_staff(people),
        groups=founder.groups(),
        chance=founder.chance,
    )
    directory.key_owner = next((person for person in directory.people if person.is_owner), None)
    return directory


def usual_roles(department: str | None) -> tuple[str, ...]:
    """The CRM roles that fit the work of a department, the one with the fewest rights first."""
    return {
        "Sales": ("Sales User", "Sales Manager"),
        "Customer Success": ("Customer Success User",),
        "Marketing": ("Marketing User",),
        "Support": ("Support User",),
        "IT": ("Restricted User", ADMINISTRATOR),
    }.get(department or "", ("Restricted User",))


def mail_name(given_name: str, family_name: str) -> str:
    """The part of an address before the @: `Zoë O'Brien` becomes `zoe.obrien`."""
    plain = unicodedata.normalize("NFKD", f"{given_name}.{family_name}".replace("ø", "o").replace("ı", "i"))
    return "".join(sign for sign in plain.lower() if sign.isascii() and (sign.isalnum() or sign in ".-"))


class _Founder:
    """Draws everything from one source of chance, so the order of its calls decides the outcome."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.last_crm_id = FIRST_CRM_ID
        self.roles = [Role(self.crm_id(), name) for name in ROLES]
        self.territories = [
            Territory(self.crm_id(), name, position) for position, name in enumerate(TERRITORIES, start=1)
        ]
        self.role_ids = {role.name: role.id for role in self.roles}
        self.staff: list[Person] = []
        self.mail_names: set[str] = set()

    def crm_id(self) -> int:
        self.last_crm_id += self.chance.randint(1, 900)
        return self.last_crm_id

    def scim_id(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def some(self, share: float) -> bool:
        return self.chance.random() < share

    def hire_staff(self, people: int) -> list[Person]:
        names = list(DEPARTMENTS)
        shares = [share for share, _, _ in DEPARTMENTS.values()]
        heads: dict[str, Person] = {}
        leads: dict[str, Person] = {}
        sizes = dict.fromkeys(names, 0)
        for number in range(people):
            department = self.chance.choices(names, shares)[0] if number else "Sales"
            place_in_department = sizes[department]
            person = self.hire(number, department, self.title(number, department, place_in_department))
            chief = self.staff[0] if self.staff else None
            if number:
                sizes[department] += 1
                if place_in_department == 0:
                    heads[department] = person
                    manager = chief
                elif place_in_department % TEAM_SIZE == 1:
                    leads[department] = person
                    manager = heads[department]
                else:
                    manager = leads[department]
                person.manager_id = None if manager is None or self.some(0.01) else manager.scim_id
            self.staff.append(person)
        self.leave()
        self.share_an_address()
        return self.staff

    def title(self, number: int, department: str, place_in_department: int) -> str:
        if number == 0:
            return "Chief Executive Officer"
        titles = DEPARTMENTS[department][2]
        if place_in_department == 0:
            return titles[0]
        return titles[1] if place_in_department % TEAM_SIZE == 1 else self.chance.choice(titles[2:])

    def hire(self, number: int, department: str, title: str) -> Person:
        given_name, family_name = self.chance.choice(GIVEN_NAMES), self.chance.choice(FAMILY_NAMES)
        name = mail_name(given_name, family_name)
        if name in self.mail_names:
            name = f"{name}.{number}"
        self.mail_names.add(name)
        email = f"{name}@{MAIL_DOMAIN}"
        display_name = f"{given_name} {family_name}"
        created = FIRST_DAY - timedelta(minutes=self.chance.randint(60 * 24 * 30, 60 * 24 * 365 * 6))
        person = Person(
            given_name=given_name,
            family_name=family_name,
            display_name=display_name,
            created=created,
            modified=self.later(created),
        )
        is_chief_or_lead = number == 0 or title in DEPARTMENTS[department][2][:2]
        # The identity provider does not know one person in 25. It knows everybody who leads others.
        if is_chief_or_lead or not self.some(0.04):
            self.provision(person, number, email, department, title)
        # Most engineers and similar people have no seat in the CRM. Everybody must be on at least one side.
        share_without_seat = 0.5 if department in {"Engineering", "People"} else 0.02
        if number == 0 or person.scim_id is None or not self.some(share_without_seat):
            self.seat(
                person,
                email,
                department,
                is_admin=number == 0 or title in {"CRM Administrator", "Head of IT"},
            )
        return person

    def provision(self, person: Person, number: int, email: str, department: str, title: str) -> None:
        _, person.timezone, _, person.locale = self.chance.choice(PLACES)
        person.scim_id = self.scim_id()
        person.external_id = f"00u{self.chance.getrandbits(48):017x}" if not self.some(0.05) else None
        person.email = email
        person.user_name = email if not self.some(0.05) else email.partition("@")[0]
        person.aliases = (f"{email.partition('@')[0]}@mail.{MAIL_DOMAIN}",) if self.some(0.08) else ()
        person.title = title
        person.user_type = "Contractor" if self.some(0.07) else "Employee"
        person.employee_number = f"{number + 1:06d}"
        person.organization = COMPANY
        person.department = department
        person.division = DEPARTMENTS[department][1]
        person.cost_center = f"{1000 + 100 * list(DEPARTMENTS).index(department)}"
        person.scim_roles = ("freshsales:admin",) if title == "CRM Administrator" else ("freshsales:user",)
        person.entitlements = ("cpq",) if self.some(0.05) else ()

    def seat(self, person: Person, email: str, department: str, *, is_admin: bool) -> None:
        person.time_zone, _, person.language, _ = self.chance.choice(PLACES)
        person.crm_id = self.crm_id()
        person.crm_active = True
        person.may_own_records = is_admin or not self.some(0.04)
        # The CRM keeps addresses as somebody once typed them.
        person.crm_email = (
            ".".join(part.capitalize() for part in email.split(".")) if self.some(0.1) else email
        )
        person.role_id = self.role_ids[ADMINISTRATOR if is_admin else self.usual_role(department)]
        person.territory_id = self.chance.choice(self.territories).id if department == "Sales" else None
        person.phone = f"+1 555 {self.chance.randint(0, 9999):04d}"
        person.mobile = f"+1 555 {self.chance.randint(0, 9999):04d}" if self.some(0.6) else None
        person.crm_modified = person.modified

    def usual_role(self, department: str) -> str:
        if self.some(0.02):
            return "Account Administrator"
        is_manager, is_admin = self.some(0.15), self.some(0.2)
        roles = usual_roles(department)
        return roles[-1] if {"Sales": is_manager, "IT": is_admin}.get(department, False) else roles[0]

    def leave(self) -> None:
        """One in 16 has left. One in five of these still owns records, because nobody took them over."""
        candidates = [person for person in self.staff[1:] if person.scim_id is not None]
        leavers = self.chance.sample(candidates, min(max(len(candidates) // 16, 2), len(candidates)))
        for number, person in enumerate(leavers):
            person.active = False
            person.crm_active = person.crm_id is not None and number % 5 == 1
        # The people whom they led are now led by their managers.
        by_id = {person.scim_id: person for person in candidates}
        for person in self.staff:
            while (manager := by_id.get(person.manager_id)) is not None and not manager.active:
                person.manager_id = manager.manager_id

    def share_an_address(self) -> None:
        """Give two SCIM users one primary address, like two accounts of one person: a pair for 300 people."""
        users = [person for person in self.staff if person.scim_id is not None]
        for twin, person in zip(users[40::300], users[41::300], strict=False):
            person.email = twin.email

    def groups(self) -> list[Group]:
        users = [person for person in self.staff if person.scim_id is not None]
        by_department = {
            name: self.group(name, [user for user in users if user.department == name and user.active])
            for name in DEPARTMENTS
        }
        admins = self.group("CRM Administrators", users[:1])
        admins.members += [str(user.scim_id) for user in users if user.title == "CRM Administrator"]
        contractors = self.group("Contractors", [user for user in users if user.user_type == "Contractor"])
        sellers = [user for user in users if user.department == "Sales"]
        deal_desk = self.group("Deal Desk", self.chance.sample(sellers, min(len(sellers), 3)))
        revenue = self.group("Revenue Operations", self.chance.sample(sellers, min(len(sellers), 4)))
        everyone = self.group("All Staff", users[:1])
        everyone.members += [group.scim_id for group in by_department.values()]
        # Groups may contain each other in a circle, and in real accounts some do.
        deal_desk.members.append(revenue.scim_id)
        revenue.members += [deal_desk.scim_id, by_department["Sales"].scim_id]
        projects = [
            self.group(name, self.chance.sample(users, min(len(users), 12)))
            for name in PROJECT_GROUPS[: len(users) // 20]
        ]
        empty = self.group("Alumni Network", [])
        return [everyone, *by_department.values(), admins, contractors, deal_desk, revenue, *projects, empty]

    def group(self, name: str, members: list[Person]) -> Group:
        created = FIRST_DAY - timedelta(minutes=self.chance.randint(60 * 24 * 30, 60 * 24 * 365 * 3))
        return Group(
            scim_id=self.scim_id(),
            name=name,
            created=created,
            modified=self.later(created),
            members=[str(member.scim_id) for member in members],
        )

    def later(self, moment: datetime) -> datetime:
        return moment + (FIRST_DAY - moment) * self.chance.random()
