"""The users of an Okta tenant, their apps, and its log. No HTTP here.

The tenant follows the diary of the company. Some events happen in the tenant only: people leave and the push
to Freshsales fails, an address is given to somebody else, people sign in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from freshsales_sandbox.company import MAIL_DOMAIN
from freshsales_sandbox.diary import Entry
from freshsales_sandbox.directory import Directory, Person

FRESHWORKS_APP = "0oa5freshworkscrm5d7"
OTHER_APP = "0oa9payrollsuite05d7"
SERVICE_LOGIN = f"svc-freshworks@{MAIL_DOMAIN}"
LEFT = "DEPROVISIONED"
# Statuses of a few users; nearly all others are ACTIVE.
RARE_STATUSES = ("STAGED", "PROVISIONED", "LOCKED_OUT", "PASSWORD_EXPIRED", "RECOVERY", "SUSPENDED")
PUSH_FAILED = "Automatic deprovisioning failed: the app answered 500 Internal Server Error"
# On this day of every two weeks, somebody leaves and the push to Freshsales fails.
FORTNIGHT = 14
DAY_OF_FAILED_PUSH = 5
# A day later, every four weeks, the address of that person is given to somebody else.
DAY_OF_HANDED_ADDRESS = FORTNIGHT + DAY_OF_FAILED_PUSH + 1
SIGN_INS_A_DAY = 0.15
DORMANT_SHARE = 0.05
ID_LENGTH = 20


@dataclass(slots=True, kw_only=True, eq=False)
class OktaUser:
    """One user. Names, department and address are those of `person`, until another user gets the address."""

    id: str
    person: Person
    status: str
    created: datetime
    status_changed: datetime
    last_updated: datetime
    last_login: datetime | None = None
    is_dormant: bool = False
    own_login: str | None = None

    @property
    def login(self) -> str:
        return self.own_login or self.person.email or f"{self.person.user_name}@{MAIL_DOMAIN}"

    @property
    def may_sign_in(self) -> bool:
        return self.status == "ACTIVE"


@dataclass(slots=True, kw_only=True, eq=False)
class Assignment:
    """The right of a user to an app; `external_id` is the id that the app gave to the user."""

    app_id: str
    user: OktaUser
    external_id: str | None
    scope: str
    sync_state: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the system log. `app_id` is None if no app takes part."""

    id: str
    at: datetime
    type: str
    user: OktaUser
    app_id: str | None = None
    result: str = "SUCCESS"
    reason: str | None = None
    is_own_deed: bool = False


class Tenant:
    """An Okta tenant. It knows everybody with a SCIM account in `directory`, and a few more people."""

    def __init__(self, directory: Directory, seed: int, clock: Callable[[], datetime]) -> None:
        """Make the tenant. `clock` gives the time of each later event."""
        self.directory = directory
        self.users: dict[str, OktaUser] = {}
        self.assignments: dict[tuple[str, str], Assignment] = {}
        self.events: list[Event] = []
        self.failed_pushes: list[OktaUser] = []
        self.handed_addresses: list[tuple[OktaUser, OktaUser]] = []  # the old holder, the new holder
        self.day = 0
        self._clock = clock
        self._chance = Random(f"okta {seed}")  # noqa: S311 - repeatable on purpose
        self._by_person: dict[Person, OktaUser] = {}
        self._found()

    # Reading

    def assigned(self, app_id: str) -> list[Assignment]:
        return [item for item in self.assignments.values() if item.app_id == app_id]

    def user_of(self, person: Person) -> OktaUser | None:
        return self._by_person.get(person)

    def now(self) -> datetime:
        """The time of the clock, but always a time after the last event."""
        moment = self._clock()
        if self.events and moment <= self.events[-1].at:
            return self.events[-1].at + timedelta(microseconds=1)
        return moment

    # Founding

    def _found(self) -> None:
        # The directory has simulated time. The tenant may have another clock.
        self._shift = self._clock() - self.directory.now
        for person in self.directory.users():
            self._know(person, ("GROUP", "USER")[self._chance.random() < 0.2])  # noqa: PLR2004
        active = [user for user in self.users.values() if user.may_sign_in]
        self._chance.shuffle(active)
        for user, status in zip(active[len(active) // 2 :], RARE_STATUSES, strict=False):
            user.status = status
        if active:
            self.assignments[FRESHWORKS_APP, active[0].id].sync_state = "ERROR"
        for number in range(max(len(active) // 20, 2)):
            self._know_stranger(f"Robin{number}", "Elsewhere")
        pending = self._know_stranger("Pending", "Provisioning")
        self._assign(FRESHWORKS_APP, pending, None, "ERROR")
        service = self._know_stranger("Freshworks", "Integration", SERVICE_LOGIN)
        self._assign(FRESHWORKS_APP, service, None, "DISABLED")
        for user in active[::4]:
            self._assign(OTHER_APP, user, f"payroll-{user.id[-6:]}", "DISABLED")
        self.events.sort(key=lambda event: event.at)

    def _know(self, person: Person, scope: str) -> None:
        at = person.created + self._shift
        user = self._new_user(person, "ACTIVE" if person.active else LEFT, at, person.external_id)
        if person.active:
            self._assign(FRESHWORKS_APP, user, person.scim_id, "SYNCHRONIZED", scope)
            user.is_dormant = self._chance.random() < DORMANT_SHARE
            if not user.is_dormant:
                self._sign_in(user, self._ago(30))
        else:
            self._write_leave(user, max(self._ago(400), at), "SUCCESS")

    def _know_stranger(self, given_name: str, family_name: str, login: str | None = None) -> OktaUser:
        """Add a person who has no account in Freshsales."""
        email = login or f"{given_name}.{family_name}@{MAIL_DOMAIN}".lower()
        now = self._clock()
        person = Person(
            given_name=given_name,
            family_name=family_name,
            display_name=f"{given_name} {family_name}",
            user_name=email,
            email=email,
            department=None if login else "People",
            created=now,
            modified=now,
        )
        return self._new_user(person, "ACTIVE", now)

    def _new_user(self, person: Person, status: str, created: datetime, id_: str | None = None) -> OktaUser:
        user = OktaUser(
            id=id_ or self._new_id("00u"),
            person=person,
            status=status,
            created=created,
            status_changed=created,
            last_updated=created,
        )
        self.users[user.id] = user
        self._by_person[person] = user
        return user

    # What happens

    def follow(self, person: Person, entry: Entry) -> None:
        """Do what the identity provider does for this entry of the diary."""
        user = self.user_of(person)
        if entry.kind == "hire" and entry.what == "account":
            user = self._new_user(person, "ACTIVE", self.now())
            self._write("user.lifecycle.activate", user)
            self._assign(FRESHWORKS_APP, user, person.scim_id, "SYNCHRONIZED", "GROUP")
            self._write("application.user_membership.add", user, FRESHWORKS_APP)
        elif user is None:
            return
        elif entry.kind == "leave" and entry.what in {"account", "active"}:
            if user.status == LEFT:
                # This person left and the push failed. Now they are switched off in Freshsales as well.
                self._write("application.provision.user.deactivate", user, FRESHWORKS_APP)
            else:
                self._write_leave(user, None, "SUCCESS")
        elif entry.kind == "rehire" and entry.what == "active":
            self._turn(user, "ACTIVE")
            self._write("user.lifecycle.reactivate", user)
            self._assign(FRESHWORKS_APP, user, person.scim_id, "SYNCHRONIZED", "GROUP")
            self._write("application.user_membership.add", user, FRESHWORKS_APP)
        user.last_updated = self.now()

    def live_a_day(self) -> None:
        """Play the events of a day that happen at the identity provider only."""
        self.day += 1
        if self.day % FORTNIGHT == DAY_OF_FAILED_PUSH:
            self._fail_a_push()
        if self.day % (2 * FORTNIGHT) == DAY_OF_HANDED_ADDRESS and self.failed_pushes:
            self._hand_an_address_on(self.failed_pushes[-1])
        for assignment in self.assigned(FRESHWORKS_APP):
            user = assignment.user
            if user.may_sign_in and not user.is_dormant and self._chance.random() < SIGN_INS_A_DAY:
                self._sign_in(user, None)

    def _fail_a_push(self) -> None:
        """Let somebody leave. They keep their account and their seat in Freshsales."""
        people = [
            assignment.user
            for assignment in self.assigned(FRESHWORKS_APP)
            if assignment.user.may_sign_in
            and assignment.user.person.active
            and assignment.user.person.is_owner
            and assignment.user.person is not self.directory.key_owner
        ]
        if people:
            user = self._chance.choice(people)
            self._write_leave(user, None, "FAILURE")
            self.failed_pushes.append(user)

    def _hand_an_address_on(self, former: OktaUser) -> None:
        """Give the address of a person who left to a new colleague without an account in Freshsales."""
        address = former.login
        former.own_login = f"former.{address}"
        former.last_updated = self.now()
        heir = self._know_stranger(former.person.given_name, "Newcomer", address)
        heir.person.department = former.person.department
        self.handed_addresses.append((former, heir))

    def _write_leave(self, user: OktaUser, at: datetime | None, push: str) -> None:
        self._turn(user, LEFT, at)
        self._write("user.lifecycle.deactivate", user, at=at)
        for app_id in [app_id for app_id, user_id in self.assignments if user_id == user.id]:
            del self.assignments[app_id, user.id]
            self._write("application.user_membership.remove", user, app_id, at=at)
        self._write(
            "application.provision.user.deactivate",
            user,
            FRESHWORKS_APP,
            at=at,
            result=push,
            reason=PUSH_FAILED if push == "FAILURE" else None,
        )

    def _turn(self, user: OktaUser, status: str, at: datetime | None = None) -> None:
        user.status = status
        user.status_changed = user.last_updated = at or self.now()

    def _assign(
        self, app_id: str, user: OktaUser, external_id: str | None, sync_state: str, scope: str = "USER"
    ) -> None:
        self.assignments[app_id, user.id] = Assignment(
            app_id=app_id,
            user=user,
            external_id=external_id,
            scope=scope,
            sync_state=sync_state,
            created=max(user.created, user.status_changed),
        )

    def _sign_in(self, user: OktaUser, at: datetime | None) -> None:
        """Sign in to Okta, and from there to Freshsales."""
        self._write("user.session.start", user, at=at, is_own_deed=True)
        self._write("user.authentication.sso", user, FRESHWORKS_APP, at=at, is_own_deed=True)
        user.last_login = self.events[-1].at

    def _write(
        self,
        type_: str,
        user: OktaUser,
        app_id: str | None = None,
        *,
        at: datetime | None = None,
        result: str = "SUCCESS",
        reason: str | None = None,
        is_own_deed: bool = False,
    ) -> None:
        id_ = str(UUID(int=self._chance.getrandbits(128), version=4))
        moment = at or self.now()
        self.events.append(Event(id_, moment, type_, user, app_id, result, reason, is_own_deed))

    def _ago(self, days: int) -> datetime:
        return self._clock() - timedelta(seconds=self._chance.randrange(days * 86_400))

    def _new_id(self, prefix: str) -> str:
        return prefix + f"{self._chance.getrandbits(60):0{ID_LENGTH - len(prefix)}x}"
