"""The tap: its name, its settings, its streams."""

from __future__ import annotations

from typing import Any, ClassVar

from singer_sdk import Stream

from tap_freshsales_users.command import CommandLineTap
from tap_freshsales_users.session import PACKAGE
from tap_freshsales_users.settings import SETTINGS
from tap_freshsales_users.singer.streams import ReceiptStream, TableStream
from tap_freshsales_users.tables.tables import TABLES


class TapFreshsalesUsers(CommandLineTap):
    """Singer tap for Freshsales identities: the people who can get into the CRM.

    If a list could not be read whole, its receipt says so.
    """

    name = PACKAGE
    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS

    def discover_streams(self) -> list[Stream]:
        tables = [TableStream(self, self.session, table) for table in TABLES]
        return [*tables, ReceiptStream(self, self.session)]
