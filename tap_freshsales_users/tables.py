"""The tables: name, key, schema, which list feeds each, and how an item becomes a record.

Nothing here knows the Singer SDK. `Rows` makes the records of one table while a read passes. `fill` drives a
read for all of its tables, and concludes each of them, however the read ends.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from tap_freshsales_users.reading.answers import Item
from tap_freshsales_users.reading.outcome import Outcome
from tap_freshsales_users.reading.read import Read, Source
from tap_freshsales_users.reading.receipt import DERIVED, Counts, MemberPopulation
from tap_freshsales_users.reading.sources import (
    OWNERS,
    PROFILE,
    ROLES,
    SCIM_GROUPS,
    SCIM_USERS,
    TEAMS,
    TERRITORIES,
)
from tap_freshsales_users.records.coercion import is_element, is_nothing, to_string
from tap_freshsales_users.records.crm import ROLE_ATTRIBUTES, fill_roles
from tap_freshsales_users.records.loadable import MAX_CELL_BYTES, MAX_DEPTH, Loadable, clean
from tap_freshsales_users.records.personal import Pseudonyms
from tap_freshsales_users.records.schemas import load_schema
from tap_freshsales_users.records.scim import (
    GROUP_PATHS,
    LEFT_OUT,
    MEMBER_PATHS,
    PLAIN,
    USER_PATHS,
    fill_group,
    fill_user,
    identify,
    members_of,
)
from tap_freshsales_users.records.shaper import ADDITIONAL_ATTRIBUTES, Record, Shaper

# Columns that the tap makes in every table.
ALWAYS_MADE = frozenset({"account", "sync_id", ADDITIONAL_ATTRIBUTES})

Path = tuple[str, ...]


def nothing_more(item: Item, record: Record, shaper: Shaper) -> None:
    """For a table whose columns are all read from paths."""


@dataclass(frozen=True)
class Table:
    name: str
    # The list that feeds it.
    source: Source
    keys: tuple[str, ...] = ("account", "id")
    # The path of each column in an item. None: each attribute has the name of its column.
    paths: Mapping[str, Path] | None = None
    # Columns that the tap makes of more than one path, and the function that makes them.
    made: frozenset[str] = frozenset()
    complete: Callable[[Item, Record, Shaper], None] = nothing_more
    # Attributes that are dropped on purpose; and columns for a plain value in place of an object.
    left_out: tuple[Path, ...] = ()
    plain: Mapping[Path, str] = field(default_factory=dict)
    # The column whose false values the receipt counts.
    flag: str | None = None
    # What makes records of the items.
    rows: type[Rows] = field(default_factory=lambda: Rows)

    def schema(self) -> dict[str, Any]:
        return load_schema(self.name)

    def column_paths(self) -> Mapping[str, Path]:
        if self.paths is not None:
            return self.paths
        made_here = ALWAYS_MADE | self.made
        return {column: (column,) for column in self.schema()["properties"] if column not in made_here}


class Rows:
    """Makes the records of one table during one read.

    `columns` are the columns of the records, with their schemas. `constants` are columns with the same value
    in each record. With `pseudonyms`, no record tells who somebody is.
    """

    def __init__(
        self,
        table: Table,
        columns: Mapping[str, dict[str, Any]],
        constants: Mapping[str, Any],
        logger: logging.Logger,
        pseudonyms: Pseudonyms | None = None,
    ) -> None:
        self.table = table
        self._pseudonyms = pseudonyms
        self._logger = logger
        self._warned: set[str] = set()
        self._shaper = Shaper(
            columns,
            constants,
            paths=table.column_paths(),
            left_out=table.left_out,
            plain=table.plain,
            on_failure=self._warn_of_type,
        )
        self._loadable = Loadable(table.keys, self._warn_of_size)
        self._records = 0
        self._flag = table.flag if table.flag in columns else None
        self._inactive = 0

    def take(self, items: Sequence[Item]) -> list[Record]:
        """The records of one page of the read."""
        records = self._shape(items)
        if self._pseudonyms is not None:
            for record in records:
                self._pseudonyms.disguise(self.table.name, record)
        self._loadable.make(records)
        self._records += len(records)
        if self._flag is not None:
            self._inactive += sum(record[self._flag] is False for record in records)
        return records

    def conclude(self, outcome: Outcome) -> Outcome:
        """How the read ended for this table. Warns of what was left out or replaced."""
        counts = self.counts
        if counts.dropped_elements:
            self._logger.warning(
                "%s: %d elements of lists were null, empty or no objects, and were left out.",
                self.table.name,
                counts.dropped_elements,
            )
        if counts.replaced_characters:
            self._logger.warning(
                "%s: %d characters were NUL or not valid Unicode, and were replaced by U+FFFD.",
                self.table.name,
                counts.replaced_characters,
            )
        return outcome

    @property
    def counts(self) -> Counts:
        return Counts(
            records=self._records,
            inactive_records=self._inactive if self._flag is not None and self._records else None,
            coercions=self._shaper.coercions,
            coercion_failures=self._shaper.coercion_failures,
            replaced_characters=self._loadable.replaced_characters,
            dropped_elements=self._shaper.dropped_elements,
            oversized_cells=self._loadable.oversized_cells,
        )

    def _shape(self, items: Sequence[Item]) -> list[Record]:
        shaper, shape, complete = self._shaper, self._shaper.shape, self.table.complete
        if complete is nothing_more:
            return [shape(item) for item in items]
        records = []
        for item in items:
            record = shape(item)
            complete(item, record, shaper)
            records.append(record)
        return records

    def _warn_of_type(self, column: str) -> None:
        self._warn_once(
            f"Column {column} of {self.table.name}: a value has another type than the column, and was kept "
            f"in {ADDITIONAL_ATTRIBUTES}."
        )

    def _warn_of_size(self, column: str) -> None:
        self._warn_once(
            f"Column {column} of {self.table.name}: a value is too large to load (more than "
            f"{MAX_CELL_BYTES // 1024**2} MiB) or too deep (more than {MAX_DEPTH} levels), and was left out."
        )

    def _warn_once(self, message: str) -> None:
        if message not in self._warned:
            self._warned.add(message)
            self._logger.warning(message)


class Memberships(Rows):
    """Makes a record of each member of each group, once. Counts members that have no id."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._population = MemberPopulation()
        self._without_id = 0
        self._duplicates = 0

    def conclude(self, outcome: Outcome) -> Outcome:
        """How the read ended for the memberships: complete only if their groups are."""
        outcome = replace(
            super().conclude(outcome),
            duplicates=self._duplicates,
            total_first=None,
            total=None,
            population_sha256=None,
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

    def _shape(self, items: Sequence[Item]) -> list[Record]:
        return [record for group in items for record in self._of_group(group)]

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


_CRM_USER: dict[str, Any] = {
    "made": frozenset({"role_id", "roles"}),
    "complete": fill_roles,
    "left_out": tuple((name,) for name in ROLE_ATTRIBUTES),
    "flag": "is_active",
}
_SCIM: dict[str, Any] = {"left_out": LEFT_OUT, "plain": PLAIN}

# In the order in which they are read. The profile is first: it tells whose key reads the other lists. Tables
# of one source are next to each other.
TABLES: tuple[Table, ...] = (
    Table("profile", PROFILE, **_CRM_USER),
    Table("owners", OWNERS, **_CRM_USER),
    Table("roles", ROLES),
    Table("territories", TERRITORIES),
    Table("teams", TEAMS),
    Table(
        "scim_users",
        SCIM_USERS,
        paths=USER_PATHS,
        made=frozenset({"primary_email"}),
        complete=fill_user,
        flag="active",
        **_SCIM,
    ),
    Table(
        "scim_groups",
        SCIM_GROUPS,
        paths=GROUP_PATHS,
        made=frozenset({"member_count"}),
        complete=fill_group,
        **_SCIM,
    ),
    Table(
        "scim_group_members",
        SCIM_GROUPS,
        keys=("account", "group_id", "member_id"),
        paths=MEMBER_PATHS,
        made=frozenset({"group_id", "group_display_name"}),
        rows=Memberships,
    ),
)


class OfTable(Protocol):
    """Anything that belongs to one table."""

    table: Table


class Sink(OfTable, Protocol):
    """What takes the records of one table, such as a Singer stream."""

    @property
    def rows(self) -> Rows:
        """What makes its records."""

    def open(self) -> None: ...

    def write(self, records: list[Record]) -> None:
        """Write the records of one page of the read."""

    def close(self, *, is_whole: bool) -> None:
        """Write what is held back; also if the read, or another table, failed."""

    def conclude(self, outcome: Outcome) -> object:
        """Note how the read ended for this table; after `close`."""


Part = TypeVar("Part", bound=OfTable)


def by_source(parts: Iterable[Part]) -> list[list[Part]]:
    """The parts in groups, one group for each source, in the same order."""
    together: dict[str, list[Part]] = {}
    for part in parts:
        together.setdefault(part.table.source.name, []).append(part)
    return list(together.values())


@contextmanager
def fill(
    read: Read, tables: Sequence[Rows], conclude: Callable[[Rows, Outcome], object]
) -> Iterator[Iterator[tuple[Rows, list[Record]]]]:
    """The records of each page of a read for each of its tables, and at the end a conclusion for each table.

    `conclude` is called for every table, also if the read or the body of the `with` fails. The requests are
    counted in the outcome of the first table.
    """

    def conclude_all(outcome: Outcome) -> None:
        for rows in tables:
            conclude(rows, rows.conclude(outcome if rows is tables[0] else outcome.without_requests()))

    try:
        with closing(read.pages()) as pages:
            made = ((rows, rows.take(items)) for items in pages for rows in tables)
            yield ((rows, records) for rows, records in made if records)
        conclude_all(read.outcome)
    except BaseException as error:
        conclude_all(read.outcome.ended_by(error))
        raise


def feed(read: Read, sinks: Sequence[Sink]) -> None:
    """Read the list to its end, and write each page to every table; raises what either of them raises."""
    by_name = {sink.rows.table.name: sink for sink in sinks}

    def conclude(rows: Rows, outcome: Outcome) -> None:
        by_name[rows.table.name].conclude(outcome)

    is_whole = False
    # The sinks are closed first: a failure there is a failure of the read.
    with fill(read, [sink.rows for sink in sinks], conclude) as pages, ExitStack() as opened:
        for sink in sinks:
            sink.open()
            opened.callback(lambda sink=sink: sink.close(is_whole=is_whole))  # type: ignore[misc]
        for rows, records in pages:
            by_name[rows.table.name].write(records)
        is_whole = True
