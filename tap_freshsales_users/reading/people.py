"""The owners whose records are counted, as the reads of this run know them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tap_freshsales_users.records.coercion import UncoercibleError, to_boolean, to_integer

# Values of the setting `owned_records`. Not `off`, because YAML 1.1 takes that for a truth value.
ALL, SUSPECTS, NOBODY = "all", "suspects", "none"
# The lists that it is read from.
OWNERS, USERS = "owners", "scim_users"


@dataclass(frozen=True, slots=True)
class Owner:
    # The form in which addresses are compared: trimmed, in lower case.
    address: str | None
    is_inactive: bool


@dataclass(slots=True)
class People:
    """The owners of the CRM, and the addresses of active SCIM users.

    `scope` is `all`, or `suspects`: owners who are inactive, or have no active SCIM user of the same address.
    Only the whole list of SCIM users shows that there is none. If it was not read whole, only inactive owners
    are in scope.
    """

    scope: str
    # The lists that the credentials can read.
    readable: frozenset[str] = frozenset({OWNERS, USERS})
    owners: dict[int, Owner] = field(default_factory=dict)
    active_addresses: set[str] = field(default_factory=set)
    # The lists that were read, and whether each was read whole.
    is_whole: dict[str, bool] = field(default_factory=dict)

    @property
    def lists(self) -> tuple[str, ...]:
        """The lists from which the scope must be known."""
        return (OWNERS,) if self.scope == ALL else (OWNERS, USERS)

    @property
    def unread(self) -> list[str]:
        """The lists of these that this run can read and has not read yet."""
        return [name for name in self.lists if name in self.readable and name not in self.is_whole]

    def meet(self, list_: str, items: Iterable[Mapping[str, Any]]) -> None:
        """Take the items of one page of a list."""
        if list_ == OWNERS:
            self.owners.update((to_integer(item["id"]), _owner(item)) for item in items)
        elif list_ == USERS:
            for user in items:
                if _truth(user.get("active")) is True:
                    self.active_addresses.update(_addresses(user))

    def note_end(self, list_: str, *, is_whole: bool) -> None:
        if list_ in {OWNERS, USERS}:
            self.is_whole[list_] = is_whole

    def in_scope(self) -> list[int]:
        """The ids of the owners in scope, in their order."""
        return sorted(id_ for id_, owner in self.owners.items() if self._is_in_scope(owner))

    @property
    def doubt(self) -> str | None:
        """Why it is not known whether these are all; None if it is."""
        partly = [name for name in self.lists if not self.is_whole.get(name, False)]
        if not partly:
            return None
        only = "" if partly == [OWNERS] else "; only owners who are inactive were asked about"
        return f"{' and '.join(partly)} not read whole in this run{only}"

    def _is_in_scope(self, owner: Owner) -> bool:
        if self.scope == ALL or owner.is_inactive:
            return True
        return self.is_whole.get(USERS, False) and owner.address not in self.active_addresses


def _owner(item: Mapping[str, Any]) -> Owner:
    return Owner(_address(item.get("email")), _truth(item.get("is_active")) is False)


def _truth(value: object) -> bool | None:
    try:
        return to_boolean(value)
    except UncoercibleError:
        return None


def _address(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    return value.strip().lower() or None


def _addresses(user: Mapping[str, Any]) -> Iterator[str]:
    """All addresses of a SCIM user, and a `userName` that is one."""
    emails = user.get("emails")
    for email in emails if isinstance(emails, list) else [emails]:
        address = _address(email.get("value") if isinstance(email, dict) else email)
        if address is not None:
            yield address
    name = _address(user.get("userName"))
    if name is not None and "@" in name:
        yield name
