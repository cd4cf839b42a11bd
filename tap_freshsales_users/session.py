"""What all reads of one run share: settings, API, quota, the run's id, and what the reads have learned."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tap_freshsales_users.api.clock import Clock
from tap_freshsales_users.errors import ConfigurationError
from tap_freshsales_users.reading.outcome import Outcome
from tap_freshsales_users.reading.people import NOBODY, People
from tap_freshsales_users.reading.read import Known, Read, Source
from tap_freshsales_users.reading.receipt import (
    Counts,
    Delivery,
    Issuer,
    Receipt,
    moment_of,
    new_sync_id,
    utc_text,
)
from tap_freshsales_users.reading.sources import OWNERS, READS, SCIM_USERS
from tap_freshsales_users.records.personal import Pseudonyms
from tap_freshsales_users.settings import VERSION_PLACE
from tap_freshsales_users.tables.rows import Rows
from tap_freshsales_users.tables.tables import Table

if TYPE_CHECKING:
    from tap_freshsales_users.api.api import Api

PACKAGE = "tap-freshsales-users"


class Session:
    """One run. It does not know who writes its records: a Singer tap, dlt, Airbyte or Python code."""

    def __init__(
        self, config: Mapping[str, Any], logger: logging.Logger, *, draws_progress: bool = False
    ) -> None:
        self.config = config
        self._draws_progress = draws_progress
        self.known = Known(people=_people(config))
        self.receipts: dict[str, Receipt] = {}
        self.sync_id = new_sync_id(datetime.now(UTC))
        # When the last run was; None if that is not known.
        self.last_run: datetime | None = None
        self._logger = logger

    def follow(self, last_sync_id: object) -> None:
        """Make this run's id sort after that of the last run; raises ConfigurationError."""
        self.last_run = moment_of(last_sync_id)
        try:
            self.sync_id = new_sync_id(datetime.now(UTC), self.last_run)
        except OverflowError:
            raise ConfigurationError(
                "The state names a last run after which no time is left (the year 9999)",
                "Remove `bookmarks.sync_receipts` from the state, and take that run out of the warehouse.",
            ) from None

    @cached_property
    def api(self) -> Api:
        """The two surfaces of the account; made at the first use."""
        from tap_freshsales_users.api.api import Api  # noqa: PLC0415 - not needed to discover

        user_agent = str(self.config["user_agent"]).replace(VERSION_PLACE, self._version)
        return Api(self.config, user_agent, Clock(), self._logger)

    def close(self) -> None:
        """End all waits and connections, if there are any."""
        if "api" in self.__dict__:
            self.api.stop()

    @cached_property
    def _version(self) -> str:
        return version(PACKAGE)

    @property
    def account(self) -> str:
        """The host name that stands in every record."""
        return self.api.account.name

    def read(
        self, source: Source, *, name: str | None = None, since: Callable[[], str | None] = lambda: None
    ) -> Read:
        """A read of this list.

        `name` stands for it in errors and in the log. `since` returns the moment to filter by (RFC 3339), or
        None to read the full list.
        """
        name = name or source.name
        return READS.get(source.name, Read)(
            source,
            self.api,
            self.known,
            name=name,
            page_size=self.config["page_size"],
            logger=self._logger.getChild(name),
            since=since,
            draws_progress=self._draws_progress,
        )

    def rows(self, table: Table, columns: Mapping[str, dict[str, Any]] | None = None) -> Rows:
        """What makes records of this table, with these columns; with all columns if none are given."""
        return Rows(
            table,
            table.schema()["properties"] if columns is None else columns,
            {"account": self.account, "sync_id": self.sync_id},
            self._logger.getChild(table.name),
            self.pseudonyms,
        )

    @cached_property
    def pseudonyms(self) -> Pseudonyms | None:
        """What replaces names by pseudonyms; None without `pseudonym_key`."""
        key = self.config.get("pseudonym_key")
        return None if key is None else Pseudonyms(key)

    @property
    def pseudonym_key_fingerprint(self) -> str | None:
        """Identifies `pseudonym_key` in receipts and in the state, without revealing it."""
        return None if self.pseudonyms is None else self.pseudonyms.fingerprint

    def check_pseudonyms(self, last: Mapping[str, Any]) -> None:
        """Raise ConfigurationError if the last run of the account had another key; `last` is its bookmark."""
        if last.get("account") != self.account:
            return
        if last.get("pseudonym_key_fingerprint") != self.pseudonym_key_fingerprint:
            raise ConfigurationError(
                "The last run of this account had another `pseudonym_key`, or only one of the two had one",
                "Names and addresses of the two could not be compared. Set the key of the last run, or start "
                "anew, with no state and with another warehouse.",
            )

    @property
    def required_streams(self) -> list[str]:
        """The streams that a good run must have, by the setting `required_streams`."""
        return list(self.config.get("required_streams") or ())

    def issue(self, table: str, outcome: Outcome, counts: Counts, delivery: Delivery) -> Receipt:
        """Make the receipt of a table, and keep it."""
        issuer = Issuer(
            self.sync_id, self.account, self._version, self.known.read_as, self.pseudonym_key_fingerprint
        )
        receipt = self.receipts[table] = issuer.receipt(table, outcome, counts, delivery)
        return receipt

    def tell_of_last_run(self) -> None:
        """Log whether the id of this run is certain to sort after that of the last run in the warehouse."""
        if self.last_run is None:
            self._logger.info(
                "The state names no earlier run. This run's id is greater than the last one's only if the "
                "clock of this host is right."
            )
        elif self.last_run >= datetime.now(UTC):
            self._logger.warning(
                "The last run's id lies ahead of this host's clock (%s): one of the two clocks is wrong. "
                "This run's id follows the last one's.",
                utc_text(self.last_run),
            )


def _people(config: Mapping[str, Any]) -> People | None:
    scope = config.get("owned_records", NOBODY)
    if scope == NOBODY:
        return None
    readable = (source.name for source in (OWNERS, SCIM_USERS) if config.get(source.setting))
    return People(scope, frozenset(readable))
