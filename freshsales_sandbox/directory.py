"""The people of one company, as its identity provider (SCIM) and its CRM (REST) know them. No HTTP here.

The two sides never share an id. One person may be on both, or on one side only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from threading import RLock
from typing import Any, Literal, TypeVar
from uuid import UUID

ListName = Literal["owners", "roles", "territories", "teams", "scim_users", "scim_groups"]

# Simulated time: a sandbox gives the same result whenever it is run.
FIRST_DAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
FIRST_CRM_ID = 70_000_000_000

# Changes of these fields do not concern the identity provider, and give no new date there.
CRM_ONLY = {"role_id", "territory_id", "may_own_records", "crm_email", "crm_active", "time_zone", "language"}

T = TypeVar("T")
Listed = TypeVar("Listed", "Person", "Group")


@dataclass(slots=True, kw_only=True, eq=False)
class Person:
    given_name: str
    family_name: str
    display_name: str
    created: datetime
    modified: datetime
    # The identity provider's side.
    scim_id: str | None = None
    external_id: str | None = None
    user_name: str = ""
    email: str | None = None
    aliases: tuple[str, ...] = ()
    active: bool = True
    title: str | None = None
    user_type: str | None = None
    employee_number: str | None = None
    cost_center: str | None = None
    organization: str | None = None
    division: str | None = None
    department: str | None = None
    manager_id: str | None = None
    locale: str | None = None
    timezone: str | None = None
    scim_roles: tuple[str, ...] = ()
    entitlements: tuple[str, ...] = ()
    # SCIM attributes that a client sent and for which there is no field here.
    extra: dict[str, Any] = field(default_factory=dict)
    version: int = 1
    # The CRM's side.
    crm_id: int | None = None
    crm_email: str | None = None
    crm_active: bool = False
    may_own_records: bool = True
    role_id: int | None = None
    territory_id: int | None = None
    phone: str | None = None
    mobile: str | None = None
    time_zone: str | None = None
    language: str | None = None
    crm_modified: datetime = FIRST_DAY

    @property
    def is_owner(self) -> bool:
        """Whether this person may own records. Then they are in `selector/owners`."""
        return self.crm_id is not None and self.crm_active and self.may_own_records


@dataclass(slots=True, kw_only=True, eq=False)
class Group:
    scim_id: str
    name: str
    created: datetime
    modified: datetime
    external_id: str | None = None
    # SCIM ids of users and of groups.
    members: list[str] = field(default_factory=list)
    version: int = 1


@dataclass(frozen=True, slots=True)
class Role:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Territory:
    id: int
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Team:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """One id that came into a list or left it after the directory was made."""

    list: ListName
    id: str
    joined: bool


class Directory:
    """All people, groups and roles. Each write moves the simulated clock by a second. `arrivals` keeps it."""

    def __init__(
        self,
        people: Iterable[Person] = (),
        groups: Iterable[Group] = (),
        roles: Iterable[Role] = (),
        territories: Iterable[Territory] = (),
        *,
        teams: Iterable[Team] = (),
        chance: Random | None = None,
    ) -> None:
        self.chance = chance or Random(0)  # noqa: S311 - invented people, repeatable on purpose
        self.people = list(people)
        self.groups = list(groups)
        self.roles = list(roles)
        self.territories = list(territories)
        self.teams = list(teams)
        self.key_owner: Person | None = None  # the person whose API key the CRM knows
        self.arrivals: list[Arrival] = []
        self.now = FIRST_DAY
        self.dates_changes = True  # whether a change gives a new lastModified in SCIM
        self.lists_everyone = False  # whether selector/owners has everybody with a seat
        self.lock = RLock()
        self._revision = 0
        self._order: Callable[[str], Any] | None = None
        self._views: dict[str, tuple[int, Any]] = {}
        self._last_crm_id = max((person.crm_id or 0 for person in self.people), default=0) or FIRST_CRM_ID

    # Reading

    def users(self) -> list[Person]:
        """People with a SCIM account, in the order of the list, inactive ones included."""
        return self.view(
            "users", lambda: self._arranged([person for person in self.people if person.scim_id is not None])
        )

    def owners(self) -> list[Person]:
        """People whom the CRM lists as possible owners of records, in the order of the list."""
        return self.view("owners", lambda: [person for person in self.people if self._is_listed(person)])

    def listed_groups(self) -> list[Group]:
        return self.view("groups", lambda: self._arranged(self.groups))

    def user(self, scim_id: str | None) -> Person | None:
        return self.view("user", lambda: {person.scim_id: person for person in self.users()}).get(scim_id)

    def user_named(self, user_name: str) -> Person | None:
        """The SCIM user with this name, in any letter case."""
        names = self.view("names", lambda: {person.user_name.lower(): person for person in self.users()})
        return names.get(user_name.lower())

    def group(self, scim_id: str | None) -> Group | None:
        return self.view("group", lambda: {group.scim_id: group for group in self.groups}).get(str(scim_id))

    def groups_of(self, scim_id: str | None) -> list[Group]:
        """The groups that have this user or group as a member."""

        def invert() -> dict[str | None, list[Group]]:
            groups: dict[str | None, list[Group]] = {}
            for group in self.groups:
                for member in group.members:
                    groups.setdefault(member, []).append(group)
            return groups

        return self.view("groups_of", invert).get(scim_id, [])

    def ids(self, name: ListName) -> list[str]:
        """The ids that a complete read of a list must return, as text, in the order of the list."""
        match name:
            case "owners":
                return [str(person.crm_id) for person in self.owners()]
            case "scim_users":
                return [str(person.scim_id) for person in self.users()]
            case "scim_groups":
                return [group.scim_id for group in self.listed_groups()]
            case "roles":
                return [str(role.id) for role in self.roles]
            case "territories":
                return [str(territory.id) for territory in self.territories]
            case "teams":
                return [str(team.id) for team in self.teams]

    def present_throughout(self, name: ListName) -> set[str]:
        """The ids that were always on a list until now. No read may miss one of them."""
        return set(self.ids(name)) - {
            change.id for change in self.arrivals if change.list == name and change.joined
        }

    def present_sometime(self, name: ListName) -> set[str]:
        """The ids that were ever on a list. No read may return another one."""
        left = {change.id for change in self.arrivals if change.list == name and not change.joined}
        return set(self.ids(name)) | left

    def view(self, name: str, build: Callable[[], T]) -> T:
        """The result of `build`. It is made again only after a write."""
        with self.lock:
            revision, value = self._views.get(name, (-1, None))
            if revision != self._revision:
                value = build()
                self._views[name] = (self._revision, value)
            result: T = value
            return result

    # Writing

    def new_crm_id(self) -> int:
        with self.lock:
            self._last_crm_id += 1
            return self._last_crm_id

    def new_scim_id(self) -> str:
        with self.lock:
            return str(UUID(int=self.chance.getrandbits(128), version=4))

    def new_person(self, **fields: Any) -> Person:
        """Add a person whom the identity provider has just sent. The CRM gives a seat with its least role."""
        with self.lock:
            person = Person(
                scim_id=self.new_scim_id(),
                crm_id=self.new_crm_id(),
                created=self.now,
                modified=self.now,
                **fields,
            )
            person.crm_email = person.email
            person.crm_active = person.active
            person.role_id = self.roles[-1].id if self.roles else None
            return person

    def add(self, person: Person, position: int | None = None) -> None:
        with self.lock:
            self.people.insert(len(self.people) if position is None else position, person)
            self._stamp(person)
            self._note(person, before=(False, False))

    def remove(self, person: Person) -> None:
        """Remove a person from both sides and from every group."""
        with self.lock:
            before = (person.scim_id is not None, self._is_listed(person))
            self.people.remove(person)
            for group in self.groups_of(person.scim_id):
                group.members.remove(str(person.scim_id))
                self._stamp(group)
            self._written()
            self._note(person, before=before, after=(False, False))

    def change(self, person: Person, **fields: object) -> None:
        """Set fields of a person. If an account goes on or off, or its address changes, the CRM follows."""
        with self.lock:
            before = (person.scim_id is not None, self._is_listed(person))
            was_active, old_email = person.active, person.email
            for name, value in fields.items():
                setattr(person, name, value)
            if person.active != was_active and "crm_active" not in fields:
                person.crm_active = person.active and person.crm_id is not None
            if person.email != old_email and "crm_email" not in fields:
                person.crm_email = person.email if person.crm_id is not None else None
            self._stamp(person, is_scim=not set(fields) <= CRM_ONLY)
            self._note(person, before=before)

    def arrange(self, key: Callable[[str], Any]) -> None:
        """List SCIM users and groups in the order of this key of their ids. REST keeps its own order."""
        with self.lock:
            self._order = key
            self._written()

    def rotate(self, name: ListName) -> None:
        """Put the second half of a list first."""
        with self.lock:
            if name == "scim_groups":
                half = len(self.groups) // 2
                self.groups = self.groups[half:] + self.groups[:half]
            else:
                half = len(self.people) // 2
                self.people = self.people[half:] + self.people[:half]
            self._written()

    def add_group(self, group: Group, position: int | None = None) -> None:
        with self.lock:
            self.groups.insert(len(self.groups) if position is None else position, group)
            self._stamp(group)
            self.arrivals.append(Arrival("scim_groups", group.scim_id, joined=True))

    def remove_group(self, group: Group) -> None:
        with self.lock:
            self.groups.remove(group)
            for holder in self.groups_of(group.scim_id):
                holder.members.remove(group.scim_id)
                self._stamp(holder)
            self._written()
            self.arrivals.append(Arrival("scim_groups", group.scim_id, joined=False))

    def change_group(self, group: Group, **fields: object) -> None:
        with self.lock:
            for name, value in fields.items():
                setattr(group, name, value)
            self._stamp(group)

    def _is_listed(self, person: Person) -> bool:
        return person.is_owner or (self.lists_everyone and person.crm_id is not None)

    def _arranged(self, records: list[Listed]) -> list[Listed]:
        order = self._order
        if order is None:
            return list(records)
        return sorted(records, key=lambda record: order(str(record.scim_id)))

    def _stamp(self, changed: Person | Group, *, is_scim: bool = True) -> None:
        self.now += timedelta(seconds=1)
        if isinstance(changed, Person):
            changed.crm_modified = self.now
        if is_scim:
            changed.version += 1
            if self.dates_changes:
                changed.modified = self.now
        self._written()

    def _written(self) -> None:
        self._revision += 1

    def _note(
        self, person: Person, *, before: tuple[bool, bool], after: tuple[bool, bool] | None = None
    ) -> None:
        is_there = after or (person.scim_id is not None, self._is_listed(person))
        ids: tuple[tuple[ListName, object], ...] = (("scim_users", person.scim_id), ("owners", person.crm_id))
        for (name, id_), was, is_ in zip(ids, before, is_there, strict=True):
            if was != is_:
                self.arrivals.append(Arrival(name, str(id_), joined=is_))
