"""Which person here is which user of a provider, and in which category, as plainly as can be."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.marts.people import owner, user

Row = dict[str, Any]
Values = set[str | None]
BY_ID = ("app_user_id", "external_id", "external_alias", "employee_number")
BY_ADDRESS = ("login", "primary_email", "any_email")
CONFIDENCE = {
    **dict.fromkeys(("app_user_id", "external_id"), "high"),
    **dict.fromkeys(("external_alias", "employee_number", "login", "primary_email"), "medium"),
    **dict.fromkeys(("any_email", "earlier_match"), "low"),
}


@dataclass(frozen=True)
class Directory:
    """What one account holds here, and what its provider holds."""

    owners: list[Row]
    users: list[Row]
    idp_users: list[Row]
    assignments: list[Row]


def random_directory(chance: Random) -> Directory:
    """Few values for many people, so that they meet in every way there is."""
    size = chance.randint(2, 9)
    addresses = [f"{letter}@x" for letter in "abcdefghijklmnop"[: size + 3]]
    numbers = [f"0{number}" for number in range(size + 2)]

    def maybe(values: Iterable[str], share: float = 0.5) -> str | None:
        return chance.choice(list(values)) if chance.random() < share else None

    users = [
        user(
            f"u{place}",
            maybe(addresses, 0.8),
            user_name=chance.choice([*addresses, f"name{place}"]).upper(),
            external_id=maybe([f"p{number}" for number in range(size + 2)] + ["alias1", "alias2", ""], 0.4),
            employee_number=maybe(numbers, 0.3),
            emails=[{"value": address} for address in chance.sample(addresses, chance.randint(0, 2))],
            active=chance.random() < 0.8,
        )
        for place in range(chance.randint(0, size))
    ]
    owners = [
        owner(place, maybe(addresses, 0.9), is_active=chance.random() < 0.8)
        for place in range(chance.randint(0, size))
    ]
    idp_users = [
        {
            "idp_user_id": f"p{place}",
            "login": chance.choice([*addresses, f"name{place}", None]),
            "email": maybe(addresses, 0.8),
            "other_emails": chance.sample(addresses, chance.randint(0, 1)) or None,
            "alias": maybe(["alias1", "alias2"], 0.2),
            "immutable_id": maybe(["alias1", "same"], 0.1),
            "employee_number": maybe(numbers, 0.4),
            "idp_status": "active",
            "has_left": chance.choice([True, False, False, None]),
        }
        for place in range(chance.randint(0, size))
    ]
    assignments = [
        {
            "app_id": "app",
            "idp_user_id": row["idp_user_id"],
            "app_user_id": maybe([f"u{number}" for number in range(size)], 0.4),
            "app_user_name": maybe(addresses, 0.3),
            "native_status": chance.choice(["ACTIVE", "DEPROVISIONED", None]),
        }
        for row in idp_users
        if chance.random() < 0.7
    ]
    return Directory(owners, users, idp_users, assignments)


@dataclass
class Matched:
    found: dict[str, tuple[str, str]] = field(default_factory=dict)
    tied_here: set[str] = field(default_factory=set)
    tied_there: set[str] = field(default_factory=set)

    @property
    def settled_here(self) -> set[str]:
        return self.found.keys() | self.tied_here

    @property
    def settled_there(self) -> set[str]:
        return {idp for idp, _ in self.found.values()} | self.tied_there

    def rung(self, method: str, here: dict[str, Values], there: dict[str, Values]) -> None:
        edges = {
            (left, right)
            for left, lefts in here.items()
            for right, rights in there.items()
            if left not in self.settled_here
            and right not in self.settled_there
            and (lefts & rights) - {None, ""}
        }
        for left, right in edges:
            if sum(left == one or right == other for one, other in edges) == 1:
                self.found[left] = (right, method)
            else:
                self.tied_here.add(left)
                self.tied_there.add(right)


def match(people: list[Row], directory: Directory, earlier: dict[str, tuple[str, str]]) -> Matched:
    """Match the people of one account; `earlier` has the last match of each, and what it was found by."""
    users = {row["id"]: row for row in directory.users}
    owners = {row["id"]: row for row in directory.owners}
    assigned = directory.assignments

    def here(values: Callable[[Row, Row], Values], *, present: bool = False) -> dict[str, Values]:
        return {
            row["identity_key"]: values(
                users.get(row["scim_user_id"], {}), owners.get(row["crm_owner_id"], {})
            )
            for row in people
            if not present or row["is_present"]
        }

    def there(values: Callable[[Row], Values], of_app: str | None = None) -> dict[str, Values]:
        return {
            row["idp_user_id"]: values(row)
            | {
                low(each[of_app]) if of_app == "app_user_name" else each[of_app]
                for each in assigned
                if of_app and each["idp_user_id"] == row["idp_user_id"]
            }
            for row in directory.idp_users
        }

    ids = there(lambda row: {row["idp_user_id"]})
    matched = Matched()
    matched.rung("app_user_id", here(lambda one, _: {one.get("id")}), there(lambda _: set(), "app_user_id"))
    matched.rung(
        "external_id", here(lambda one, _: {one.get("external_id")}), there(lambda row: {row["idp_user_id"]})
    )
    matched.rung(
        "external_alias",
        here(lambda one, _: {one.get("external_id")}),
        there(lambda row: {row["alias"], row["immutable_id"]}),
    )
    matched.rung(
        "employee_number",
        here(lambda one, _: {one.get("employee_number")}),
        there(lambda row: {row["employee_number"]}),
    )
    matched.rung(
        "earlier_match", {key: {idp} for key, (idp, first) in earlier.items() if first in BY_ID}, ids
    )
    by_id = set(matched.settled_there)

    def primary(one: Row, other: Row) -> Values:
        return {low(one.get("primary_email")), low(other.get("email"))}

    def every(one: Row, other: Row) -> Values:
        return primary(one, other) | {low(email["value"]) for email in one.get("emails") or []}

    def every_there(row: Row) -> Values:
        login = low(row["login"])
        return {
            low(row["email"]),
            login if login and "@" in login else None,
            *map(low, row["other_emails"] or []),
        }

    for present in (True, False):
        matched.rung(
            "login",
            here(lambda one, _: {low(one.get("user_name"))}, present=present),
            there(lambda row: {low(row["login"])}, "app_user_name"),
        )
        matched.rung("primary_email", here(primary, present=present), there(lambda row: {low(row["email"])}))
        matched.rung("any_email", here(every, present=present), there(every_there))
    before_last = dict(matched.found)
    matched.rung(
        "earlier_match", {key: {idp} for key, (idp, first) in earlier.items() if first in BY_ADDRESS}, ids
    )
    settled, listed = set(matched.settled_there), set(ids)
    for row in people:
        key = row["identity_key"]
        idp, method = matched.found.get(key, (None, None))
        was = earlier.get(key, (None, None))[0]
        if idp and was and method in BY_ADDRESS and was != idp and was in listed - settled:
            del matched.found[key]
            matched.tied_here.add(key)
            matched.tied_there |= {idp, was}
            continue
        by_address = method in BY_ADDRESS or (method == "earlier_match" and key not in before_last)
        email = low(owners.get(row["crm_owner_id"], {}).get("email"))
        others = {
            each["idp_user_id"]
            for each in directory.idp_users
            if email and low(each["email"]) == email and each["idp_user_id"] not in by_id | {idp}
        }
        if idp and by_address and row["scim_user_id"] and others:
            del matched.found[key]
            matched.tied_here.add(key)
            matched.tied_there.add(idp)
    return matched


def low(text: str | None) -> str | None:
    return text.strip().lower() if text else None


def categories(
    people: list[Row], directory: Directory, matched: Matched, *, whole: bool
) -> set[tuple[Any, ...]]:
    """Return the rows of the reconciliation: person, user, category. Both sides here are read completely."""
    assigned = {
        row["idp_user_id"]
        for row in directory.assignments
        if row["native_status"] not in {"DEPROVISIONED", "INACTIVE", "REVOKED", "UNASSIGNED"}
    }
    left = {row["idp_user_id"]: row["has_left"] for row in directory.idp_users}
    rows = []
    for row in people:
        key = row["identity_key"]
        idp = matched.found.get(key, (None, None))[0]
        gets_in = "active" in {row["crm_status"], row["scim_status"]}
        expected = idp in assigned and not left[idp]
        if key in matched.tied_here:
            word = "ambiguous"
        elif idp is None:
            word = "in_order" if not gets_in else "here_unknown_there" if whole else "not_known"
        elif gets_in and left[idp]:
            word = "left_still_in"
        elif not gets_in:
            word = "inactive_here_assigned_there" if expected else "in_order"
        elif left[idp] is None:
            word = "not_known"
        elif expected:
            word = "in_order"
        else:
            word = "here_not_assigned" if whole else "not_known"
        rows.append((key, idp, word))
    known = {idp for idp, _ in matched.found.values()}
    for idp in left.keys() - known:
        expected = idp in assigned and not left[idp]
        word = (
            "ambiguous" if idp in matched.tied_there else "assigned_missing_here" if expected else "in_order"
        )
        rows.append((None, idp, word))
    return set(rows)
