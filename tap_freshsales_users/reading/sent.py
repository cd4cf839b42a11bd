"""Which of the records that were read were sent, if stream maps change or drop some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tap_freshsales_users.reading.receipt import FILTERED, MAPPED, population_sha256

# Beside the key, the columns that relate a row to its read.
RELATING = ("account", "sync_id")


class Sent:
    """Counts the records that were sent, and keeps their keys as they were sent."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.watched = dict.fromkeys((*RELATING, *keys))
        self._keys = [name for name in keys if name not in RELATING]
        self.records = 0
        self.left_out = 0
        # The first watched column whose value was sent changed.
        self._changed: str | None = None
        self._population: list[str] = []

    def take(self, read: Mapping[str, Any], sent: Mapping[str, Any] | None) -> None:
        """Count one record; `sent` is None if a filter dropped it."""
        if sent is None:
            self.left_out += 1
            return
        self.records += 1
        if self._changed is None:
            self._changed = next((name for name in read if sent.get(name) != read[name]), None)
        self._population.append("\t".join(str(sent.get(name, "")) for name in self._keys))

    @property
    def reason(self) -> str | None:
        """Why the rows cannot tell who is gone; None if they can."""
        if self.left_out:
            return f"{FILTERED}: {self.left_out} records were left out by a stream map"
        if self._changed is not None:
            return f"{MAPPED}: a stream map changes or leaves out `{self._changed}`"
        return None

    def population_sha256(self) -> str | None:
        """The hash of the keys as they were sent; None if no warehouse can compute it, without the key."""
        is_there = self._changed not in self._keys or all(self._population)
        return population_sha256(self._population) if is_there else None
