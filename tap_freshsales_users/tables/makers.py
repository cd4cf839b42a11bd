"""Makers: an item of a list becomes one record, or one record for each member of a group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from tap_freshsales_users.reading.answers import Item
from tap_freshsales_users.reading.outcome import Outcome
from tap_freshsales_users.reading.receipt import DERIVED, MemberPopulation
from tap_freshsales_users.records.coercion import is_element, is_nothing, to_string
from tap_freshsales_users.records.loadable import clean
from tap_freshsales_users.records.scim import identify, members_of
from tap_freshsales_users.records.shaper import Record, Shaper


class Maker(Protocol):
    """Makes the records of one table during one read."""

    def make(self, items: Sequence[Item]) -> list[Record]:
        """The records of one page of the read."""

    def conclude(self, outcome: Outcome) -> Outcome:
        """How the read ended for this table."""


def nothing_more(item: Item, record: Record, shaper: Shaper) -> None:
    """For a table whose columns are all read from paths."""


class EachItem:
    """Makes a record of each item. `complete` then fills the columns that no single path has."""

    def __init__(
        self, shaper: Shaper, complete: Callable[[Item, Record, Shaper], None] = nothing_more
    ) -> None:
        self._shaper = shaper
        self._complete = complete

    def make(self, items: Sequence[Item]) -> list[Record]:
        shaper, shape, complete = self._shaper, self._shaper.shape, self._complete
        if complete is nothing_more:
            return [shape(item) for item in items]
        records = []
        for item in items:
            record = shape(item)
            complete(item, record, shaper)
            records.append(record)
        return records

    def conclude(self, outcome: Outcome) -> Outcome:
        return outcome


class EachMember:
    """Makes a record of each member of each group, once. Counts the members that have no id."""

    def __init__(self, shaper: Shaper) -> None:
        self._shaper = shaper
        self._population = MemberPopulation()
        self._without_id = 0
        self._duplicates = 0

    def make(self, items: Sequence[Item]) -> list[Record]:
        return [record for group in items for record in self._of_group(group)]

    def conclude(self, outcome: Outcome) -> Outcome:
        """The memberships are complete only if their groups are, and if the members of each are known."""
        outcome = replace(
            outcome, duplicates=self._duplicates, total_first=None, total=None, population_sha256=None
        )
        if outcome.evidence is None:
            return outcome
        reason = outcome.reason
        if outcome.is_complete and self._without_id:
            reason = f"members_without_id: {self._without_id} members have neither `value` nor `$ref`"
        elif outcome.is_complete:
            reason = outcome.parts_unknown
        return replace(
            outcome,
            evidence=DERIVED,
            population_sha256=self._population.sha256(),
            is_complete=outcome.is_complete and reason is None,
            reason=reason,
        )

    def _of_group(self, group: Item) -> Iterable[Record]:
        members = members_of(group)
        if members is None:
            return ()
        group_columns: Record = {}
        self._shaper.put(group_columns, "group_id", group["id"])
        self._shaper.put(group_columns, "group_display_name", group.get("displayName"))
        known: dict[str, Record] = {}
        for member in members:
            record = self._membership(member)
            if record is not None:
                member_id = clean(record["member_id"])
                self._duplicates += member_id in known
                known.setdefault(member_id, record)
        for record in known.values():
            record.update(group_columns)
        self._population.add(clean(to_string(group["id"])), known)
        return known.values()

    def _membership(self, member: Any) -> Record | None:
        if not is_element(member):
            self._shaper.dropped_elements += 1
            self._without_id += not is_nothing(member)
            return None
        record = self._shaper.shape(member if isinstance(member, dict) else {"value": member})
        if not identify(member, record):
            self._without_id += 1
            return None
        return record
