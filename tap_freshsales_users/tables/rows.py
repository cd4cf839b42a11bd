"""The records of one table during one read: shaped, made loadable, and counted for the receipt."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from tap_freshsales_users.reading.answers import Item
from tap_freshsales_users.reading.outcome import Outcome
from tap_freshsales_users.reading.receipt import Counts
from tap_freshsales_users.records.loadable import MAX_CELL_BYTES, MAX_DEPTH, Loadable
from tap_freshsales_users.records.personal import Pseudonyms
from tap_freshsales_users.records.shaper import ADDITIONAL_ATTRIBUTES, Record, Shaper
from tap_freshsales_users.tables.tables import Table


class Rows:
    """Makes the records of one table during one read, and counts what was changed in them.

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
        self._maker = table.maker(self._shaper)
        self._loadable = Loadable(table.keys, self._warn_of_size)
        self._records = 0
        self._flag = table.flag if table.flag in columns else None
        self._inactive = 0

    def take(self, items: Sequence[Item]) -> list[Record]:
        """The records of one page of the read."""
        records = self._maker.make(items)
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
        return self._maker.conclude(outcome)

    @property
    def counts(self) -> Counts:
        """What was counted until now, for the receipt."""
        return Counts(
            records=self._records,
            inactive_records=self._inactive if self._flag is not None and self._records else None,
            coercions=self._shaper.coercions,
            coercion_failures=self._shaper.coercion_failures,
            replaced_characters=self._loadable.replaced_characters,
            dropped_elements=self._shaper.dropped_elements,
            oversized_cells=self._loadable.oversized_cells,
        )

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
