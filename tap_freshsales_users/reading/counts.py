"""What a search counts, and whether that can be believed.

Nobody without an account can know whether the API honours a filter by owner. So the counts of a type of
record are held against two others, which are asked for before and after them: of all records, with no filter,
and of an owner who cannot exist. Where a count may be of anything else, it is not known, and the reason is
said.

Pure: nothing here asks anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tap_freshsales_users.api.transport import Answer, MalformedError
from tap_freshsales_users.reading.answers import Parsed, load
from tap_freshsales_users.reading.page import Page
from tap_freshsales_users.records.coercion import UncoercibleError, to_integer

# Why a count is not known; each is followed by a sentence.
AS_MANY_AS_ALL = "as_many_as_all: as many as there are without the filter, or more"
FILTER_IGNORED = "filter_ignored: the search counts records of an owner who cannot exist"
NONE_AT_ALL = "none_at_all: the key sees no records of this type, so the filter cannot be tried"
NO_TOTAL = "no_total: the search does not say how many there are"
REFUSED = "refused: the server does not take the question (400)"
CONTRADICTION = "contradiction: the total does not agree with the records that came with it"
OTHER_OWNER = "other_owner: records of another owner came with it"
PAGE_TOTAL = "page_total: as many as a page holds, so the page alone may have been counted"
CAPPED = "capped: a round number at which a server may stop counting"
TOO_MANY_TOGETHER = "too_many_together: the owners have more together than there are"
# Where servers like to stop counting: 100, 200, 250, 500, 1,000 and so on.
CAPS_FROM, CAP_DIGITS = 100, frozenset({"1", "2", "25", "5"})


# The key of what `parse_search` makes of an answer.
COUNT = "count"


@dataclass(frozen=True, slots=True)
class Count:
    """What the first page of a search said."""

    total: int | None
    # On the page.
    records: int = 0
    # Whom they name as their owners; empty where they do not say.
    owners: frozenset[int] = frozenset()
    # How many pages there are, where it is told.
    pages: int | None = None
    is_refused: bool = False


REFUSED_COUNT = Count(None, is_refused=True)


@dataclass(frozen=True, slots=True)
class Known:
    """How many records an owner has, or why that is not known."""

    records: int | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Yardsticks:
    """The counts that others are held against."""

    of_all: Count
    of_nobody: Count

    @property
    def flaw(self) -> str | None:
        """Why no count by this search can be believed."""
        for count in (self.of_all, self.of_nobody):
            if count.is_refused:
                return REFUSED
            if count.total is None:
                return NO_TOTAL
            if flaw := _flaw_of_search(count):
                return flaw
        if self.of_nobody.total or self.of_nobody.records:
            return FILTER_IGNORED
        return None if self.of_all.total else NONE_AT_ALL


def parse_search(answer: Answer) -> Parsed:
    """`{"contacts": [...], "meta": {"total": n}}`, as one item: its Count. The records are not kept."""
    document = load(answer)
    if not isinstance(document, dict):
        raise MalformedError("JSON that is no object")
    meta = document.get("meta")
    told = meta if isinstance(meta, dict) else {}
    others = [value for name, value in document.items() if name != "meta"]
    records = next((value for value in others if isinstance(value, list)), [])
    if any(isinstance(value, dict) for value in others) or not all(isinstance(one, dict) for one in records):
        raise MalformedError("JSON without a list of records")
    owners = {_integer(record.get("owner_id")) for record in records}
    count = Count(
        _integer(told.get("total")),
        len(records),
        frozenset(owner_id for owner_id in owners if owner_id is not None),
        _integer(told.get("total_pages")),
    )
    return Parsed([{COUNT: count}], Page([COUNT], count.total), is_list_absent=not records)


def settle(counts: Mapping[int, Count], before: Yardsticks, after: Yardsticks) -> dict[int, Known]:
    """What is known of each owner, given all counts of one type of record and the yardsticks around them."""
    flaw = before.flaw or after.flaw
    if flaw is not None:
        return dict.fromkeys(counts, Known(None, flaw))
    totals = (before.of_all.total or 0, after.of_all.total or 0)
    known = {
        owner_id: _known(count, owner_id, all_records=min(totals), page_length=before.of_all.records)
        for owner_id, count in counts.items()
    }
    # What shows of one count that this search counts something else is true of all its counts.
    flaw = next(filter(None, (_flaw_of_search(count, owner_id) for owner_id, count in counts.items())), None)
    if flaw is None and sum(one.records or 0 for one in known.values()) > max(totals):
        flaw = TOO_MANY_TOGETHER
    if flaw is not None:
        return {
            owner_id: one if one.records is None else Known(None, flaw) for owner_id, one in known.items()
        }
    return known


def _known(count: Count, owner_id: int, *, all_records: int, page_length: int) -> Known:
    total = count.total
    if count.is_refused:
        return Known(None, REFUSED)
    if total is None:
        return Known(None, NO_TOTAL)
    if total >= all_records:
        return Known(None, AS_MANY_AS_ALL)
    if flaw := _flaw_of_search(count, owner_id):
        return Known(None, flaw)
    if count.records < min(total, page_length):
        return Known(None, CONTRADICTION)
    if total == count.records >= page_length:
        return Known(None, PAGE_TOTAL)
    return Known(None, CAPPED) if _is_cap(total) else Known(total)


def _flaw_of_search(count: Count, owner_id: int | None = None) -> str | None:
    """What this count shows to be wrong with the search, whomever it is asked about."""
    if count.total is None:
        return None
    counts_pages = count.total == count.pages and count.total > 1 < count.records
    if count.total < count.records or counts_pages:
        return CONTRADICTION
    return OTHER_OWNER if owner_id is not None and count.owners - {owner_id} else None


def _is_cap(total: int) -> bool:
    return total >= CAPS_FROM and str(total).rstrip("0") in CAP_DIGITS


def _integer(value: Any) -> int | None:
    try:
        return to_integer(value)
    except UncoercibleError:
        return None
