"""One account is read: the tap, and behind it the loader or a spool file. It all ends in one exit code."""

from __future__ import annotations

import json
import logging
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from freshsales_fleet.errors import FleetError
from freshsales_fleet.inventory import Account
from freshsales_fleet.places import Places
from freshsales_fleet.programs import Started, started
from freshsales_fleet.warehouse import Warehouse

log = logging.getLogger(__name__)

TAP_PREFIX = "TAP_FRESHSALES_USERS_"
# One account without quota must not hold up all the others: its task is tried again when there is quota.
DEFAULTS: dict[str, Any] = {"max_quota_wait_seconds": 0}
FIRST_SIGNAL = 128


class Exit(IntEnum):
    """Exit codes of the tap: who can help."""

    OUTPUT = 74
    LATER = 75
    INCOMPLETE = 76
    CREDENTIAL = 77
    CONFIGURATION = 78


WORDS = {
    Exit.OUTPUT: "what was read could not be loaded",
    Exit.LATER: "no quota is left, or Freshsales cannot be reached",
    Exit.INCOMPLETE: "a list was not read to its end",
    Exit.CREDENTIAL: "the credential was refused, or does not permit it",
    Exit.CONFIGURATION: "the configuration is wrong",
}


class ReadError(Exception):
    """An account was not read. `retry_at` is when there is quota again, where that is known."""

    def __init__(self, account: str, code: int, retry_at: datetime | None = None, why: str = "") -> None:
        words = why or dict(WORDS).get(code, "the read ended")  # type: ignore[call-overload]
        super().__init__(
            f"{account} was not read: {words} (exit code {code}). The words of the tap are above."
        )
        self.code = code
        self.retry_at = retry_at


@dataclass(frozen=True)
class Credentials:
    api_key: str | None
    scim_token: str | None

    @classmethod
    def of(cls, connection: Any) -> Credentials:
        """Of an Airflow connection: the password is the API key, and `extra` has the SCIM token."""
        return cls(connection.password or None, (connection.extra_dejson or {}).get("scim_token") or None)

    @property
    def secrets(self) -> list[str]:
        return [secret for secret in (self.api_key, self.scim_token) if secret]


def tap_environment(account: Account, credentials: Credentials) -> dict[str, str]:
    settings = DEFAULTS | account.settings | {"domain": account.host}
    settings |= {"api_key": credentials.api_key, "scim_token": credentials.scim_token}
    return {
        TAP_PREFIX + name.upper(): _as_text(value) for name, value in settings.items() if value is not None
    }


def read_into_warehouse(
    account: Account, credentials: Credentials, warehouse: Warehouse, places: Places
) -> None:
    """`tap | loader`; raise a ReadError where either did not end well."""
    incoming, outgoing = os.pipe()
    with (
        os.fdopen(incoming, "rb") as to_loader,
        os.fdopen(outgoing, "wb") as from_tap,
        _reading(account, credentials, places, from_tap) as reading,
        _loading(to_loader, warehouse, places) as loading,
    ):
        # Each program must see when the other one ends.
        from_tap.close()
        to_loader.close()
        read_code, load_code = reading.wait(), loading.wait()
    # A tap that cannot write says so as well, but the loader is why.
    _judge(account, Exit.OUTPUT if load_code and read_code in {0, Exit.OUTPUT} else read_code)


def read_into_spool(
    account: Account, credentials: Credentials, places: Places, spool: Path, attempt: int
) -> None:
    """Let the tap write a file, which has its name once the tap has ended by itself."""
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    spooled = spool / f"{account.host}.{attempt:03}.jsonl"
    half = spooled.with_suffix(".part")
    with (
        os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
        _reading(account, credentials, places, file) as reading,
    ):
        code = reading.wait()
    if code < FIRST_SIGNAL:  # a signal may have left half a line
        half.replace(spooled)
    _judge(account, code)


def load_spool(spool: Path, warehouse: Warehouse, places: Places) -> list[str]:
    """Load one file after another, as DuckDB has one writer; return the names of those that failed."""
    failed = []
    for spooled in sorted(spool.glob("*.jsonl")):
        with spooled.open("rb") as file:
            code = _load(file, warehouse, places)
        if code:
            log.error("The loader ended with exit code %d for %s; the file is kept.", code, spooled.name)
            failed.append(spooled.name)
        else:
            spooled.unlink()
    return failed


def create_tables(warehouse: Warehouse, places: Places) -> None:
    """Make the tables of all streams. PostgreSQL refuses some of many first loads that each make them."""
    nobody = {f"{TAP_PREFIX}DOMAIN": "example"}
    command = [places.tap, "--config=ENV", "--discover"]
    with TemporaryFile() as catalog, TemporaryFile() as schemas:
        with started("tap", command, nobody, stdout=catalog) as telling:
            code = telling.wait()
        if code:
            raise FleetError(f"The tap does not tell its tables (exit code {code}); its words are above.")
        catalog.seek(0)
        for stream in json.load(catalog)["streams"]:
            keys = ("stream", "schema", "key_properties")
            message = {"type": "SCHEMA", **{key: stream[key] for key in keys}}
            schemas.write(json.dumps(message).encode() + b"\n")
        schemas.seek(0)
        code = _load(schemas, warehouse, places)
    if code:
        raise FleetError(f"The loader does not make the tables (exit code {code}); its words are above.")


@contextmanager
def _reading(
    account: Account, credentials: Credentials, places: Places, output: IO[bytes]
) -> Iterator[Started]:
    if not credentials.secrets:
        raise ReadError(
            account.host,
            Exit.CONFIGURATION,
            why=f"the Airflow connection {account.connection} has no credential: its password is the API "
            "key, and `scim_token` in its `extra` is the SCIM token",
        )
    with started(
        "tap", [places.tap, "--config=ENV"], tap_environment(account, credentials), stdout=output
    ) as program:
        yield program


@contextmanager
def _loading(source: IO[bytes], warehouse: Warehouse, places: Places) -> Iterator[Started]:
    command = [places.loader, "--config=ENV"]
    with started(
        "loader", command, warehouse.environment, stdin=source, stdout=subprocess.DEVNULL
    ) as program:
        yield program


def _load(source: IO[bytes], warehouse: Warehouse, places: Places) -> int:
    with _loading(source, warehouse, places) as program:
        return program.wait()


def _judge(account: Account, code: int) -> None:
    if code:
        raise ReadError(account.host, code)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
