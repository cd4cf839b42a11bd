"""The Python face: an account whose tables are read a page at a time.

    from tap_freshsales_users import Account

    with Account(domain="acme", scim_token="...") as account:
        for page in account.read("scim_users"):
            print(len(page), "users")
        print(account.receipts)

It uses the code of the tap: the records and the errors are the same, and each table has a receipt.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self, TypedDict, Unpack

from tap_freshsales_users.errors import ClosedError, ConfigurationError
from tap_freshsales_users.reading.outcome import NOT_ENDED, Outcome
from tap_freshsales_users.reading.receipt import Delivery
from tap_freshsales_users.reading.sources import OWNERS, SCIM_USERS
from tap_freshsales_users.records.coercion import UncoercibleError, to_date_time
from tap_freshsales_users.records.shaper import Record
from tap_freshsales_users.session import Session
from tap_freshsales_users.settings import SETTINGS
from tap_freshsales_users.tables.feed import by_source, fill
from tap_freshsales_users.tables.rows import Rows
from tap_freshsales_users.tables.tables import TABLES, Table
from tap_freshsales_users.validation import find_problems

BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}


class Settings(TypedDict, total=False):
    """The settings of the tap, as keyword arguments; docs/settings.md explains them.

    Settings that only Singer needs are left out. In place of `start_date`, `read` has the argument `since`.
    """

    domain: str
    api_key: str | None
    api_auth: Literal["token", "basic"]
    scim_token: str | None
    rest_api_url: str | None
    scim_api_url: str | None
    page_size: int
    max_in_flight: int
    requests_per_hour: int
    requests_per_minute: int
    quota_reserve: int
    max_quota_wait_seconds: int
    request_timeout_seconds: float
    max_attempts: int
    owned_records: Literal["none", "suspects", "all"]
    pseudonym_key: str | None
    user_agent: str


class Bookmark(TypedDict):
    """What the next run of the account has to know about this one."""

    account: str
    sync_id: str
    pseudonym_key_fingerprint: str | None


class Account:
    """One run over an account. All its reads share one quota, one `sync_id` and the receipts.

    `last` is the `bookmark` of the run before. With it, this run gets a greater id, and its key for
    pseudonyms is compared. Raises ConfigurationError before the first request.
    """

    def __init__(self, *, last: Mapping[str, Any] | None = None, **settings: Unpack[Settings]) -> None:
        given: dict[str, Any] = dict(settings)
        for name in given:
            if name not in Settings.__annotations__:
                raise ConfigurationError(
                    f"There is no setting `{name}`",
                    f"The settings are: {', '.join(Settings.__annotations__)}.",
                )
        shapes = {name: SETTINGS["properties"][name] for name in Settings.__annotations__}
        config = {name: shape["default"] for name, shape in shapes.items() if "default" in shape} | given
        problems = find_problems(config, SETTINGS)
        if problems:
            raise ConfigurationError("The settings cannot be used", " ".join(problems))
        self._session = Session(config, logging.getLogger(__package__))
        # So it is closed even if nobody calls `close`, such as a framework that keeps its generators.
        self._closing = weakref.finalize(self, self._session.close)
        if last is not None:
            self.follow(last)

    def follow(self, last: Mapping[str, Any]) -> None:
        """Give this run a greater id than the run whose bookmark is `last`; call it before reading."""
        self._session.follow(last.get("sync_id"))
        self._session.check_pseudonyms(last)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all waits and connections. What is read afterwards raises ClosedError."""
        self._closing()

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that the settings let it read, in the order to read them in."""
        config = self._session.config
        return tuple(
            table.name for table in TABLES if config.get(table.source.setting) and table.is_on(config)
        )

    def together(self, tables: Iterable[str]) -> list[list[str]]:
        """The names of these tables in groups; one list of the API feeds all tables of a group."""
        return [
            [one.table.name for one in fed]
            for fed in by_source([_Chosen(table) for table in self._in_order(tables)])
        ]

    def is_as_expected(self, table: str) -> bool:
        """Whether the table was read whole, or is not whole for a reason that another run cannot change."""
        receipt = self._session.receipts.get(table)
        return receipt is not None and receipt.is_as_expected

    @property
    def receipts(self) -> list[Record]:
        """The rows of `sync_receipts`: one for each table whose read has begun.

        Until the read has ended, it says that the table is not complete. If a table is read again, its
        receipt is that of the later read.
        """
        return [receipt.to_record() for receipt in self._session.receipts.values()]

    @property
    def bookmark(self) -> Bookmark:
        """What to give to the next run as `last`."""
        return {
            "account": self._session.account,
            "sync_id": self._session.sync_id,
            "pseudonym_key_fingerprint": self._session.pseudonym_key_fingerprint,
        }

    def check(self) -> None:
        """Ask for one record with each credential (`selector/owners`, `/Users`); raises TapError."""
        for source in (OWNERS, SCIM_USERS):
            if self._session.config.get(source.setting):
                self._session.read(source).probe()

    def read(self, table: str, *, since: str | None = None) -> Iterator[list[Record]]:
        """The records of a table, a page at a time, to the end of its list; raises TapError.

        `since`, a date-time with its offset, asks only for those scim_users that have changed since. Such an
        incremental read cannot tell who is gone, and its receipt says so.
        """
        return (records for _, records in self.read_together(table, since=since))

    def read_together(self, *tables: str, since: str | None = None) -> Iterator[tuple[str, list[Record]]]:
        """Like `read`, for several tables: each page comes with the name of its table.

        A list that feeds two of them, such as that of scim_groups and scim_group_members, is read once. The
        lists are read in the order of `tables`: the groups that users name are then known before the groups
        are read, so a group that leaves out its members is noticed.
        """
        moment = None if since is None else _moment(since)
        rows = [self._session.rows(table) for table in self._in_order(tables)]
        return (page for together in by_source(rows) for page in self._pages(together, moment))

    def table(self, name: str) -> Table:
        """The description of a table; raises ConfigurationError if it cannot be read."""
        table = BY_NAME.get(name)
        if table is None:
            raise ConfigurationError(f"There is no table {name}", f"The tables are: {', '.join(BY_NAME)}.")
        if not self._session.config.get(table.source.setting):
            raise ConfigurationError(
                f"{name} cannot be read: `{table.source.setting}` is not set",
                "Set it, or leave the table out.",
            )
        if not table.is_on(self._session.config):
            raise ConfigurationError(
                f"{name} cannot be read: `{table.switch}` is `none`",
                "Set it to `suspects` or `all`, or leave the table out.",
            )
        return table

    def _in_order(self, tables: Iterable[str]) -> list[Table]:
        return sorted(map(self.table, dict.fromkeys(tables)), key=TABLES.index)

    def _pages(self, together: list[Rows], since: str | None) -> Iterator[tuple[str, list[Record]]]:
        table = together[0].table
        self._require_open()
        read = self._session.read(table.source, name=table.name, since=lambda: since)
        for rows in together:
            # Whoever looks at the receipts half way, or leaves the read there, sees that it has not ended.
            self._conclude(rows, read.outcome.failed(NOT_ENDED))
        with fill(read, together, self._conclude) as pages:
            try:
                for rows, records in pages:
                    yield rows.table.name, records
                    self._require_open()
            except Exception:
                # Whatever it is, if another thread has closed the account meanwhile, then this is why.
                self._require_open()
                raise

    def _require_open(self) -> None:
        if not self._closing.alive:
            raise ClosedError(
                "The account is closed", "Read it before the end of its `with` block, or open another one."
            )

    def _conclude(self, rows: Rows, outcome: Outcome) -> None:
        counts = rows.counts
        delivery = Delivery(counts.records, outcome.population_sha256)
        self._session.issue(rows.table.name, outcome, counts, delivery)


@dataclass
class _Chosen:
    table: Table


def _moment(text: str) -> str:
    try:
        return to_date_time(text)
    except UncoercibleError:
        raise ConfigurationError(
            "`since` is no date-time with its offset", "Give one such as 2026-01-31T00:00:00Z."
        ) from None
