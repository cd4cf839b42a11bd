"""What was read, how completely, and on what evidence: one receipt a stream and run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

# incomplete_reason
ABSENT = "absent"
INCREMENTAL = "incremental"
# Reasons that tell of the account or of what was asked for, not of a read that went wrong.
MEMBERS_UNKNOWN = "members_unknown"
# Of a stream that nothing depends on.
UNREADABLE = "unreadable"
# Of what stream maps made of a whole read.
FILTERED = "filtered"
MAPPED = "mapped"
EXPECTED_REASONS = (ABSENT, INCREMENTAL, MEMBERS_UNKNOWN, UNREADABLE, FILTERED, MAPPED)
DERIVED = "derived"
SYNC_ID = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{8}")
# Between ids: no byte of UTF-8, so it stands in none of them.
_BETWEEN = b"\xff"


@dataclass
class Receipt:
    """A row of `sync_receipts`; the columns are described in its schema."""

    sync_id: str
    account: str
    stream: str
    replication_method: str
    tap_version: str
    started_at: str
    finished_at: str | None = None
    is_complete: bool = False
    incomplete_reason: str | None = None
    end_evidence: str | None = None
    consistency: str = "none"
    records: int = 0
    records_sent: int = 0
    inactive_records: int | None = None
    duplicates_dropped: int = 0
    source_total_first: int | None = None
    source_total: int | None = None
    population_sha256: str | None = None
    sent_population_sha256: str | None = None
    request: str | None = None
    api_requests: int = 0
    passes: int = 0
    coercions: int = 0
    coercion_failures: int = 0
    replaced_characters: int = 0
    dropped_elements: int = 0
    oversized_cells: int = 0
    read_as: int | None = None

    def to_record(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def is_as_expected(self) -> bool:
        """Complete, or incomplete for a reason that no later run can mend."""
        return self.is_complete or (self.incomplete_reason or "").partition(":")[0] in EXPECTED_REASONS


def new_sync_id(now: datetime, last: datetime | None = None) -> str:
    """30 characters: the UTC time to the microsecond, and eight random ones; sorts by time as text.

    It is greater than that of the last run, also where this host's clock is behind. Raises OverflowError
    where no time comes after the last run's.
    """
    if last is not None and now <= last:
        now = last + timedelta(seconds=1)  # versions of tables count seconds
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S%f}-{token_hex(4)}"


def moment_of(sync_id: object) -> datetime | None:
    """The time in a `sync_id`; None where it is none."""
    if not isinstance(sync_id, str) or not SYNC_ID.fullmatch(sync_id):
        return None
    try:
        return datetime.strptime(sync_id.partition("-")[0], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
    except ValueError:
        return None


def utc_text(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def population_sha256(keys: Iterable[str]) -> str:
    """SHA-256 in hex of the keys, sorted by their UTF-8 bytes and joined by newlines.

    UTF-8 keeps the order of code points, which is the order of `str`.
    """
    return _sha256_of_lines(key.encode() for key in sorted(keys))


class MemberPopulation:
    """The population of memberships in little memory: its id alone, packed by group."""

    def __init__(self) -> None:
        self._groups: dict[str, bytes] = {}

    def add(self, group_id: str, member_ids: Iterable[str]) -> None:
        packed = _BETWEEN.join(member_id.encode() for member_id in sorted(member_ids))
        if packed:
            self._groups[group_id] = packed

    def sha256(self) -> str:
        if any("\t" in group_id for group_id in self._groups):
            # The lines of two such groups may lie between each other.
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
