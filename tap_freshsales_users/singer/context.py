"""What the streams of one run share: the API, the run's id, the receipts."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from singer_sdk import Tap

from tap_freshsales_users.api.clock import Clock
from tap_freshsales_users.reading.receipt import Receipt, new_sync_id, utc_text
from tap_freshsales_users.settings import VERSION_PLACE
from tap_freshsales_users.singer.writer import BufferedWriter

if TYPE_CHECKING:
    from tap_freshsales_users.api.api import Api

PACKAGE = "tap-freshsales-users"


class RunContext(Tap):
    """The tap as its streams know it."""

    name = PACKAGE
    message_writer_class = BufferedWriter
    message_writer: BufferedWriter

    def __init__(self, **kwargs: Any) -> None:
        now = datetime.now(UTC)
        self.sync_id = new_sync_id(now)
        self.receipts: dict[str, Receipt] = {}
        self.read_as: int | None = None
        super().__init__(**kwargs)

    @cached_property
    def api(self) -> Api:
        from tap_freshsales_users.api.api import Api  # noqa: PLC0415 - not needed to discover

        user_agent = str(self.config["user_agent"]).replace(VERSION_PLACE, self.tap_version)
        return Api(self.config, user_agent, Clock(), self.logger)

    @cached_property
    def tap_version(self) -> str:
        return version(PACKAGE)

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
