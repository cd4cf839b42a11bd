"""Receipts: what was read, how completely, and by which evidence. One for each stream and run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

from tap_freshsales_users.reading.outcome import Outcome

# The table of the receipts, and its key.
RECEIPTS = "sync_receipts"
RECEIPT_KEY = ("sync_id", "stream")
# incomplete_reason
ABSENT = "absent"
INCREMENTAL = "incremental"
# Reasons that lie in the account or in the question. The read itself went well.
MEMBERS_UNKNOWN = "members_unknown"
# The reason of a stream that the run can do without.
UNREADABLE = "unreadable"
# Reasons of counts for owners: it is not known about whom to ask, or the server does not count.
SCOPE_UNKNOWN = "scope_unknown"
UNCOUNTED = "uncounted"
# Reasons that lie in stream maps. The read itself was complete.
FILTERED = "filtered"
MAPPED = "mapped"
EXPECTED_REASONS = (
    ABSENT,
    INCREMENTAL,
    MEMBERS_UNKNOWN,
    UNREADABLE,
    SCOPE_UNKNOWN,
    UNCOUNTED,
    FILTERED,
    MAPPED,
)
DERIVED = "derived"
SYNC_ID = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{8}")
# A separator between ids. No UTF-8 text has this byte.
_BETWEEN = b"\xff"


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts that were made while items became the records of one table."""

    records: int = 0
    # None if the table has no flag for inactive people.
    inactive_records: int | None = None
    coercions: int = 0
    coercion_failures: int = 0
    replaced_characters: int = 0
    dropped_elements: int = 0
    oversized_cells: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """How many records were handed on. `reason` says why these rows cannot tell who is gone."""

    records: int
    population_sha256: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A row of `sync_receipts`; schemas/sync_receipts.json describes the columns."""

    sync_id: str
    account: str
    stream: str
    replication_method: str
    tap_version: str
    started_at: str
    finished_at: str
    is_complete: bool
    incomplete_reason: str | None
    end_evidence: str | None
    consistency: str
    records: int
    records_sent: int
    inactive_records: int | None
    duplicates_dropped: int
    source_total_first: int | None
    source_total: int | None
    population_sha256: str | None
    sent_population_sha256: str | None
    request: str | None
    api_requests: int
    passes: int
    coercions: int
    coercion_failures: int
    replaced_characters: int
    dropped_elements: int
    oversized_cells: int
    read_as: int | None
    pseudonym_key_fingerprint: str | None

    def to_record(self) -> dict[str, Any]:
        """The receipt as a record of the stream `sync_receipts`."""
        return asdict(self)

    @property
    def is_as_expected(self) -> bool:
        """Whether it is complete, or incomplete for a reason that another run cannot change."""
        return self.is_complete or (self.incomplete_reason or "").partition(":")[0] in EXPECTED_REASONS


@dataclass(frozen=True, slots=True)
class Issuer:
    """What all receipts of one run have in common."""

    sync_id: str
    account: str
    tap_version: str
    read_as: int | None
    pseudonym_key_fingerprint: str | None = None

    def receipt(self, table: str, outcome: Outcome, counts: Counts, delivery: Delivery) -> Receipt:
        """Make the receipt of a table. No other code makes one."""
        is_whole = outcome.is_complete and delivery.reason is None
        return Receipt(
            sync_id=self.sync_id,
            account=self.account,
            stream=table,
            replication_method="INCREMENTAL" if outcome.is_incremental else "FULL_TABLE",
            tap_version=self.tap_version,
            started_at=utc_text(outcome.started_at),
            finished_at=utc_text(outcome.finished_at),
            is_complete=is_whole,
            incomplete_reason=delivery.reason if outcome.is_complete else outcome.reason,
            end_evidence=outcome.evidence,
            consistency=outcome.consistency,
            records_sent=delivery.records,
            duplicates_dropped=outcome.duplicates,
            source_total_first=outcome.total_first,
            source_total=outcome.total,
            population_sha256=outcome.population_sha256,
            sent_population_sha256=delivery.population_sha256,
            request=outcome.request,
            api_requests=outcome.api_requests,
            passes=outcome.passes,
            read_as=self.read_as,
            pseudonym_key_fingerprint=self.pseudonym_key_fingerprint,
            **asdict(counts),
        )


def new_sync_id(now: datetime, last: datetime | None = None) -> str:
    """An id of 30 characters, which sorts by time as text: UTC in microseconds, and eight random hex digits.

    It is greater than the id of the `last` run, even if the clock of this host is behind. Raises
    OverflowError if no time comes after `last`.
    """
    if last is not None and now <= last:
        now = last + timedelta(seconds=1)  # versions of tables count seconds
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S%f}-{token_hex(4)}"


def moment_of(sync_id: object) -> datetime | None:
    """The time in a `sync_id`; None if the text is not one."""
    if not isinstance(sync_id, str) or not SYNC_ID.fullmatch(sync_id):
        return None
    try:
        return datetime.strptime(sync_id.partition("-")[0], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
    except ValueError:
        return None


def utc_text(now: datetime) -> str:
    """The moment as text in UTC, with microseconds and Z."""
    return f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def population_sha256(keys: Iterable[str]) -> str:
    """SHA-256 in hex of the keys, sorted by their UTF-8 bytes and joined by newlines.

    UTF-8 keeps the order of code points, which is the order of `str`.
    """
    return _sha256_of_lines(key.encode() for key in sorted(keys))


class MemberPopulation:
    """The population of memberships, in little memory: only ids, packed for each group."""

    def __init__(self) -> None:
        self._groups: dict[str, bytes] = {}

    def add(self, group_id: str, member_ids: Iterable[str]) -> None:
        """Add the members of one group, by their ids."""
        packed = _BETWEEN.join(member_id.encode() for member_id in sorted(member_ids))
        if packed:
            self._groups[group_id] = packed

    def sha256(self) -> str:
        """The hash of all memberships, as `population_sha256` makes it of keys."""
        if any("\t" in group_id for group_id in self._groups):
            # The sorted lines of two such groups may be mixed.
            return population_sha256(line.decode() for line in self._lines())
        return _sha256_of_lines(self._lines())

    def _lines(self) -> Iterator[bytes]:
        for group_id in sorted(self._groups, key=lambda group_id: f"{group_id}\t"):
            prefix = f"{group_id}\t".encode()
            for member_id in self._groups[group_id].split(_BETWEEN):
                yield prefix + member_id


def _sha256_of_lines(lines: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    separator = b""
    for line in lines:
        digest.update(separator + line)
        separator = b"\n"
    return digest.hexdigest()
