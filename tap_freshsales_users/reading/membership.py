"""Finds the members of groups that the list leaves out: such a group is asked for by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from tap_freshsales_users.reading.receipt import MEMBERS_UNKNOWN
from tap_freshsales_users.records.scim import member_ids, members_of

Group = dict[str, Any]
# A server that leaves out members everywhere must not use up the quota of the account.
MAX_GROUPS_ASKED = 200
# So many answers in a row without members, and none in the list either: then no group is asked for any more.
VAIN_ANSWERS = 3
NOBODY: AbstractSet[str] = frozenset()


def groups_named_by(user: Mapping[str, Any]) -> Iterator[tuple[str, AbstractSet[str]]]:
    """The groups that a user names, but for those of an indirect membership (RFC 7643 section 4.1.2).

    With each comes the set of users whom the group must list: this user, if the membership is a direct one.
    """
    groups = user.get("groups")
    for group in groups if isinstance(groups, list) else [groups]:
        given, kind = (group.get("value"), group.get("type")) if isinstance(group, dict) else (group, None)
        if isinstance(given, str | int) and str(kind).lower() != "indirect":
            yield str(given), {str(user["id"])} if str(kind).lower() == "direct" else NOBODY


class Members:
    """Completes the members of each group, and counts the groups whose members are not known.

    `named` are the groups that users name, each with the users whom it must list. `ask` returns one group, or
    None if it cannot be read.
    """

    def __init__(self, named: Mapping[str, AbstractSet[str]], ask: Callable[[str], Group | None]) -> None:
        self._named = named
        self._ask = ask
        self._asked = 0
        self._vain = 0
        # Whether any group came with members. Then a group without the attribute may simply be empty.
        self._are_told = False
        self._left_out = 0
        self._unknown = 0
        self._denied = 0

    def settle(self, group: Group) -> None:
        """Complete the members of this group, in place; asks for the group itself if the list is in doubt."""
        group_id, members = str(group["id"]), members_of(group)
        self._are_told |= bool(members)
        if members is not None and not self._is_denied(group_id, members):
            return
        alone = self._alone(group_id)
        told = None if alone is None else members_of(alone)
        # The answer for this group alone counts if it lacks nobody, or nobody whom the list names.
        if told is not None and (
            not self._is_denied(group_id, told) or member_ids(told) >= member_ids(members or [])
        ):
            group["members"] = members = told
            self._are_told |= bool(told)
        elif members is None:
            self._note_silence(group, is_known_empty=alone is not None and group_id not in self._named)
            return
        if self._is_denied(group_id, members):
            self._denied += 1

    def _is_denied(self, group_id: str, members: list[Any]) -> bool:
        """Whether users say that they are in the group, and it does not list them."""
        if not members:
            return group_id in self._named
        return bool(self._named.get(group_id, NOBODY) - member_ids(members))

    def _note_silence(self, group: Group, *, is_known_empty: bool) -> None:
        """Neither the list nor the answer for this group alone has the attribute `members`."""
        if not is_known_empty:
            self._unknown += 1
        elif self._are_told:
            group["members"] = []
        else:
            self._left_out += 1

    def _alone(self, group_id: str) -> Group | None:
        is_vain = self._vain >= VAIN_ANSWERS and not self._are_told
        if is_vain or self._asked >= MAX_GROUPS_ASKED:
            return None
        self._asked += 1
        group = self._ask(group_id)
        tells = group is not None and members_of(group) is not None
        self._vain = 0 if tells else self._vain + 1
        return group

    @property
    def reason(self) -> str | None:
        """Why not all memberships are known; None if they are."""
        unknown = self._unknown + (0 if self._are_told else self._left_out)
        parts = []
        if unknown:
            parts.append(f"{unknown} groups came without `members`")
        if self._denied:
            parts.append(f"{self._denied} groups leave out members, though users name them")
        return f"{MEMBERS_UNKNOWN}: {'; '.join(parts)}" if parts else None
