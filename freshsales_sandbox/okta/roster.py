"""The roster of HR about the same people. It differs about three of them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta

from freshsales_sandbox.okta.tenant import LEFT, SERVICE_LOGIN, OktaUser, Tenant

HEADER = (
    "employee_number",
    "email",
    "display_name",
    "department",
    "manager_email",
    "started_on",
    "left_on",
)
# A person without a number at the identity provider has one at HR.
FIRST_NUMBER_OF_HR = 900_000


@dataclass(frozen=True)
class Roster:
    """The rows of one day, and the ids of the users about whom HR and the identity provider differ."""

    rows: list[dict[str, str]]
    left_for_hr_alone: str
    leaves_later: str
    unknown_to_hr: str

    def csv(self) -> str:
        text = io.StringIO()
        writer = csv.DictWriter(text, HEADER, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue()


def roster_of(tenant: Tenant) -> Roster:
    """A roster of everybody whom the tenant knows today. At least four of them must be active."""
    today = tenant.now().date()
    people = [user for user in tenant.users.values() if user.login != SERVICE_LOGIN]
    gone, later, unknown = [user.id for user in people if user.status == "ACTIVE" and user.person.active][1:4]
    left_on = {user.id: user.status_changed.date() for user in people if user.status == LEFT}
    left_on |= {gone: today - timedelta(days=3), later: today + timedelta(days=30)}
    rows = [
        _row(tenant, user, FIRST_NUMBER_OF_HR + place, left_on.get(user.id))
        for place, user in enumerate(people)
        if user.id != unknown
    ]
    return Roster(rows, gone, later, unknown)


def _row(tenant: Tenant, user: OktaUser, number_of_hr: int, left_on: date | None) -> dict[str, str]:
    person = user.person
    manager = tenant.directory.user(person.manager_id)
    cells = (
        person.employee_number or str(number_of_hr),
        user.login,
        person.display_name,
        person.department or "",
        manager.email if manager and manager.email else "",
        user.created.date().isoformat(),
        left_on.isoformat() if left_on else "",
    )
    return dict(zip(HEADER, cells, strict=True))
