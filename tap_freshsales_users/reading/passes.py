"""The passes of a walk: what each pass has seen, and what that proves."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from tap_freshsales_users.reading.evidence import NONE, UNCHANGING_TOTAL, End

# How often a list is read at the most.
MAX_PASSES = 3
UNSETTLED = "a page was answered in more than one way"


@dataclass(slots=True)
class Pass:
    """What one reading of the list from its start has seen so far."""

    number: int
    pages: int = 0
    distinct: int = 0
    unseen: int = 0
    duplicates: int = 0
    total: int | None = None
    total_changed: bool = False
    # Whether each total so far was the length of its own page; None if only empty pages came.
    totals_are_lengths: bool | None = None
    first_page: tuple[Hashable, ...] = ()
    signs: list[str] = field(default_factory=list)
    digests: set[int] = field(default_factory=set)

    def sign(self, what: str) -> None:
        """Note that something moved, or did not add up."""
        if what not in self.signs:
            self.signs.append(what)

    def is_same_as(self, before: Pass) -> bool:
        """Whether both passes met as many records under the same total, and this one met no new record."""
        return (
            UNSETTLED not in self.signs + before.signs
            and self.total is not None
            and self.total == before.total
            and not (self.total_changed or before.total_changed)
            and self.unseen == 0
            and self.distinct == before.distinct
        )


class Seen:
    """The records that were met, pass after pass."""

    def __init__(self) -> None:
        self.current = Pass(1)
        self.before: Pass | None = None
        # key -> the last pass in which it was met; the only thing that grows with the list.
        self.met: dict[Hashable, int] = {}
        self.duplicates = 0

    def next_pass(self) -> None:
        self.before = self.current
        self.current = Pass(self.current.number + 1)

    def meet(self, keys: Sequence[Hashable], due: int = 0) -> list[int]:
        """Note the keys of a page; the first `due` of them were expected to come again.

        Returns the indexes of the records that no pass met before.
        """
        fresh = []
        for index, key in enumerate(keys):
            last_pass = self.met.get(key)
            if last_pass == self.current.number:
                if index >= due:
                    self.duplicates += 1
                    self.current.duplicates += 1
                    self.current.sign("a record came twice")
                continue
            self.met[key] = self.current.number
            self.current.distinct += 1
            if last_pass is None:
                self.current.unseen += 1
                fresh.append(index)
        return fresh

    def remember(self, keys: Sequence[Hashable]) -> None:
        """Note that this page came, for `came_before`."""
        self.current.digests.add(hash(tuple(keys)))

    def came_before(self, keys: Sequence[Hashable]) -> bool:
        """Whether the very same page came before in this pass."""
        return hash(tuple(keys)) in self.current.digests

    def is_known(self, key: Hashable) -> bool:
        """Whether this record was met in this pass."""
        return self.met.get(key) == self.current.number

    def count_unknown(self, keys: Sequence[Hashable]) -> int:
        return sum(not self.is_known(key) for key in set(keys))

    def is_as_before(self) -> bool:
        """Whether this pass met the same records as the one before."""
        before = self.before
        return before is not None and self.current.distinct == before.distinct == len(self.met)

    def judge(self, total: int | None, evidence: str, consistency: str) -> End | None:
        """How the walk ends after this pass; None if the list must be read again.

        `total` is how many records the server counts; None if it gives no total that can be trusted.
        """
        this, before = self.current, self.before
        is_short = total is not None and this.distinct != total
        is_confirmed = before is not None and this.is_same_as(before) and this.distinct == len(self.met)
        if not this.signs and not is_short:
            return End(evidence, consistency, is_complete=True)
        if is_confirmed and not is_short:
            # Two readings brought the same records, as many as an unchanging total counts.
            return End(evidence, UNCHANGING_TOTAL, is_complete=True)
        if is_short and (is_confirmed or (this.number == MAX_PASSES and not this.signs)):
            reason = f"short: the source counts {total} records and gives {this.distinct}"
            if this.duplicates:
                reason += f"; {_records(this.duplicates)} came twice"
            return End(evidence, NONE, is_complete=False, reason=reason)
        if this.number == MAX_PASSES:
            reason = f"unstable: the list moved in each of {MAX_PASSES} passes ({'; '.join(this.signs)})"
            return End(evidence, NONE, is_complete=False, reason=reason)
        return None


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count} records"
