"""Counts what owners own: contacts, deals and accounts of each owner, by searches.

A search is the only request that is sent as a POST. It changes nothing. The records that come with a count
are not kept.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from tap_freshsales_users.api.workers import Workers
from tap_freshsales_users.errors import (
    NotFoundError,
    RequestRefusedError,
    TapError,
    UpstreamUnavailableError,
)
from tap_freshsales_users.reading.answers import Item
from tap_freshsales_users.reading.counts import (
    COUNT,
    REFUSED,
    REFUSED_COUNT,
    Count,
    Known,
    Yardsticks,
    settle,
)
from tap_freshsales_users.reading.evidence import ALL_ASKED, NONE, End
from tap_freshsales_users.reading.in_flight import side_by_side
from tap_freshsales_users.reading.outcome import Outcome
from tap_freshsales_users.reading.people import ALL, People
from tap_freshsales_users.reading.progress import REPORT_EVERY_SECONDS, quota_in_words
from tap_freshsales_users.reading.read import OF_ONE_ENDPOINT, Probe, Read
from tap_freshsales_users.reading.receipt import ABSENT, SCOPE_UNKNOWN, UNCOUNTED, population_sha256
from tap_freshsales_users.reading.walk_single import SingleWalk

RECORD_TYPES = ("contact", "deal", "sales_account")
# An id that no owner has. Not 0 or -1: products of this vendor take those for "me" and for "nobody".
NOBODY = 2**53 - 1
PROBES_A_TYPE = 4
NO_SEARCH = f"{ABSENT}: the account has no such search (404 or 501)"


class OwnedRead(Read):
    """For each type of record: one search for each owner, and two before and after them that test the filter.

    If one type cannot be counted, the others are still counted.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._doubt: str | None = None
        # For each type of record: why not all counts were asked for or answered.
        self._uncounted: dict[str, str] = {}
        self._failure: TapError | None = None
        self._nobody = NOBODY
        self._keys: list[str] = []

    def probe(self) -> Probe:
        """Ask one search; raises TapError."""
        self._count(RECORD_TYPES[0], self._nobody)
        return Probe([{}], None)

    @abstractmethod
    def _read_of(self, list_: str) -> Read:
        """A read of another list that people are known from."""

    def _items(self) -> Iterator[list[Item]]:
        people = self._people()
        owners = people.in_scope()
        self._doubt = people.doubt
        if self._doubt is not None:
            self._logger.warning("%s: %s.", self.name, self._doubt)
        while self._nobody in people.owners:
            self._nobody -= 1
        self._announce(people, len(owners))
        for record_type in RECORD_TYPES if owners else ():
            known = self._known_of(record_type, owners)
            self._keys += [f"{owner_id}\t{record_type}" for owner_id in known]
            yield [_item(owner_id, record_type, one) for owner_id, one in known.items()]
        if self._failure is not None:
            raise self._failure

    def _people(self) -> People:
        """The people, as this run knows them. A list that was not read yet is read now, if it can be."""
        people = self._known.people
        assert people is not None  # noqa: S101 - whoever reads this has set `owned_records`
        for list_ in people.unread:
            self._logger.info("%s: reading %s first.", self.name, list_)
            read = self._read_of(list_)
            try:
                for _ in read.pages():
                    pass
            finally:
                self.api_requests += read.api_requests
        return people

    def _announce(self, people: People, owners: int) -> None:
        who = "all" if people.scope == ALL else "inactive, or with no active SCIM user of the same address"
        requests = len(RECORD_TYPES) * (owners + PROBES_A_TYPE) if owners else 0
        self._logger.info(
            "%s: %d owners to ask about (%s), %d requests to come: %d counts for each owner, and %d searches "
            "that try the filter%s.",
            self.name,
            owners,
            who,
            requests,
            len(RECORD_TYPES),
            len(RECORD_TYPES) * PROBES_A_TYPE,
            quota_in_words(self._api.quota_gate),
        )

    def _known_of(self, record_type: str, owners: Sequence[int]) -> dict[int, Known]:
        """The counts of each owner. It raises what ends all searches, and notes what ends one type."""
        try:
            return self._counted(record_type, owners)
        except NotFoundError:
            reason = NO_SEARCH
            self._logger.info("The account has no search for %s records (404 or 501).", record_type)
        except OF_ONE_ENDPOINT as error:
            reason = f"failed: the search ended in an error ({error.reason})"
            if self._failure is None:
                self._failure = error
            else:
                self._logger.warning("%s", error)
        self._uncounted[record_type] = reason
        return dict.fromkeys(owners, Known(None, reason))

    def _counted(self, record_type: str, owners: Sequence[int]) -> dict[int, Known]:
        before = self._yardsticks(record_type)
        if before.flaw is not None:
            # No answer could be believed, so no request is sent for each owner.
            self._uncounted[record_type] = before.flaw
            self._logger.warning("%s: %s is not counted (%s).", self.name, record_type, before.flaw)
            return dict.fromkeys(owners, Known(None, before.flaw))
        counts: dict[int, Count] = {}
        calls = (partial(self._count, record_type, owner_id) for owner_id in owners)
        clock = self._api.clock
        reported = clock.time()
        try:
            for owner_id, count in zip(owners, side_by_side(calls, self._api.workers), strict=True):
                counts[owner_id] = count
                if clock.time() - reported >= REPORT_EVERY_SECONDS:
                    reported = clock.time()
                    self._logger.info(
                        "%s: %s counted for %d of %d owners.",
                        self.name,
                        record_type,
                        len(counts),
                        len(owners),
                    )
            after = self._yardsticks(record_type)
        except NotFoundError:
            raise UpstreamUnavailableError(
                f"stream {self.name}: the search for {record_type} records is not found any more",
                "It was there a moment ago: run again later.",
            ) from None
        if any(count.is_refused for count in counts.values()):
            self._uncounted[record_type] = REFUSED
        return settle(counts, before, after)

    def _yardsticks(self, record_type: str) -> Yardsticks:
        return Yardsticks(self._count(record_type, None), self._count(record_type, self._nobody))

    def _count(self, record_type: str, owner_id: int | None) -> Count:
        """How many records there are of this owner, or in all; raises TapError."""
        rules = (
            [] if owner_id is None else [{"attribute": "owner_id", "operator": "is_in", "value": [owner_id]}]
        )
        reader = self._reader(
            SingleWalk({"page": 1}),
            path=f"{self.source.path}/{record_type}",
            body=json.dumps({"filter_rule": rules}).encode(),
            workers=Workers(1),
        )
        try:
            [[item]] = filter(None, reader.pages())
        except RequestRefusedError:
            return REFUSED_COUNT
        finally:
            self._request = self._request or reader.first_url
        count: Count = item[COUNT]
        return count

    def _end(self) -> End:
        reason = self._reason()
        return End(ALL_ASKED if reason is None else None, NONE, is_complete=reason is None, reason=reason)

    def _reason(self) -> str | None:
        if self._doubt is not None:
            return f"{SCOPE_UNKNOWN}: {self._doubt}"
        if list(self._uncounted.values()) == [NO_SEARCH] * len(RECORD_TYPES):
            return ABSENT
        parts = [f"{record_type} ({why.partition(':')[0]})" for record_type, why in self._uncounted.items()]
        return f"{UNCOUNTED}: {', '.join(parts)}" if parts else None

    def _make_outcome(self, end: End, *, is_ended: bool) -> Outcome:
        outcome = super()._make_outcome(end, is_ended=is_ended)
        return replace(
            outcome, population_sha256=population_sha256(self._keys) if is_ended else None, passes=1
        )


def _item(owner_id: int, record_type: str, known: Known) -> Item:
    return {
        "owner_id": owner_id,
        "record_type": record_type,
        "records_owned": known.records,
        "unknown_reason": known.reason,
    }
