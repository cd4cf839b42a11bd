"""Drives a read for all of its tables, and concludes each of them, however the read ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import Protocol, TypeVar

from tap_freshsales_users.reading.outcome import Outcome
from tap_freshsales_users.reading.read import Read
from tap_freshsales_users.records.shaper import Record
from tap_freshsales_users.tables.rows import Rows
from tap_freshsales_users.tables.tables import Table


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
