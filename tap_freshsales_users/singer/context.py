"""What the streams of one run share: the API, the run's id, the receipts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from singer_sdk import Tap

from tap_freshsales_users.api.clock import Clock
from tap_freshsales_users.errors import ConfigurationError
from tap_freshsales_users.reading.receipt import Receipt, moment_of, new_sync_id, utc_text
from tap_freshsales_users.settings import VERSION_PLACE
from tap_freshsales_users.singer.writer import BufferedWriter

if TYPE_CHECKING:
    from tap_freshsales_users.api.api import Api

PACKAGE = "tap-freshsales-users"
RECEIPTS = "sync_receipts"


def bookmark_of(state: Mapping[str, Any], stream: str) -> dict[str, Any]:
    found = state.get("bookmarks", {}).get(stream)
    return found if isinstance(found, dict) else {}


class RunContext(Tap):
    """The tap as its streams know it."""

    name = PACKAGE
    message_writer_class = BufferedWriter
    message_writer: BufferedWriter

    def __init__(self, **kwargs: Any) -> None:
        # Of the last run, as the state tells it.
        self.last_run: datetime | None = None
        self.sync_id = ""
        self.receipts: dict[str, Receipt] = {}
        self.read_as: int | None = None
        # Ids of groups that users of this run say they are in.
        self.named_groups: set[str] = set()
        super().__init__(**kwargs)

    @cached_property
    def api(self) -> Api:
        from tap_freshsales_users.api.api import Api  # noqa: PLC0415 - not needed to discover

        user_agent = str(self.config["user_agent"]).replace(VERSION_PLACE, self.tap_version)
        return Api(self.config, user_agent, Clock(), self.logger)

    @cached_property
    def tap_version(self) -> str:
        return version(PACKAGE)

    def load_state(self, state: dict[str, Any]) -> None:
        super().load_state(state)
        self.last_run = moment_of(bookmark_of(self.state, RECEIPTS).get("sync_id"))
        try:
            self.sync_id = new_sync_id(datetime.now(UTC), self.last_run)
        except OverflowError:
            raise ConfigurationError(
                "The state names a last run after which no time is left (the year 9999)",
                f"Remove `bookmarks.{RECEIPTS}` from the state, and take that run out of the warehouse.",
            ) from None

    def tell_of_last_run(self) -> None:
        """Whether this run is sure to sort after the last one in the warehouse."""
        if self.last_run is None:
            self.logger.info(
                "No earlier run is known from the state: that this run's id is greater than the last one's "
                "rests on the clock of this host."
            )
        elif self.last_run >= datetime.now(UTC):
            self.logger.warning(
                "The last run's id lies ahead of this host's clock (%s): one of the two clocks is wrong. "
                "This run's id follows the last one's.",
                utc_text(self.last_run),
            )

    def note_run(self) -> None:
        """Put this run's id into the state, for the next one."""
        self.state.setdefault("bookmarks", {})[RECEIPTS] = {
            "sync_id": self.sync_id,
            "account": self.api.account.name,
        }

    def open_receipt(self, stream: str) -> Receipt:
        receipt = Receipt(
            sync_id=self.sync_id,
            account=self.api.account.name,
            stream=stream,
            replication_method="FULL_TABLE",
            tap_version=self.tap_version,
            started_at=utc_text(datetime.now(UTC)),
        )
        self.receipts[stream] = receipt
        return receipt
