"""Reads one account: the tap writes into the loader or into a spool file. One exit code says how it ended."""

from __future__ import annotations

import json
import logging
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory, TemporaryFile
from typing import IO, Any, Self

from freshsales_fleet.errors import FleetError
from freshsales_fleet.inventory import Account
from freshsales_fleet.places import Places
from freshsales_fleet.programs import Started, started
from freshsales_fleet.warehouse import Warehouse
from tap_freshsales_users.errors import SIGNAL_EXIT_BASE, Cause
from tap_freshsales_users.settings import SETTINGS

log = logging.getLogger(__name__)

SECRETS = [name for name, shape in SETTINGS["properties"].items() if shape.get("secret")]
TAP_PREFIX = "TAP_FRESHSALES_USERS_"
# An account without quota must not delay the others: its task is tried again when there is quota.
DEFAULTS: dict[str, Any] = {"max_quota_wait_seconds": 0}
OUTPUT, CONFIGURATION = Cause.OUTPUT.exit_code, Cause.CONFIGURATION.exit_code


class ReadError(Exception):
    """An account was not read. Before `retry_at`, another try is useless; None: that time is not known."""

    def __init__(self, account: str, code: int, retry_at: datetime | None = None, why: str = "") -> None:
        cause = next((cause for cause in Cause if cause.exit_code == code), None)
        words = why or (cause.meaning if cause else "the read ended, and the words of the tap above say why")
        super().__init__(f"{account} was not read: {words} (exit code {code}).")
        self.code = code
        self.retry_at = retry_at


def secrets_of(connection: Any) -> dict[str, str]:
    """The secrets in an Airflow connection: its password is `api_key`, and its `extra` has others by name."""
    extra = connection.extra_dejson or {}
    found = {name: extra.get(name) for name in SECRETS} | {"api_key": connection.password}
    return {name: str(value) for name, value in found.items() if value}


def tap_environment(account: Account, secrets: Mapping[str, str]) -> dict[str, str]:
    """The settings of the tap for this account, as environment variables."""
    settings = {**DEFAULTS, **account.settings, "domain": account.host, **secrets}
    if account.required_streams:
        settings["required_streams"] = list(account.required_streams)
    return {
        TAP_PREFIX + name.upper(): _as_text(value) for name, value in settings.items() if value is not None
    }


def read_into_warehouse(
    account: Account,
    secrets: Mapping[str, str],
    last_run: dict[str, str] | None,
    warehouse: Warehouse,
    places: Places,
) -> None:
    """Run `tap | loader`; raises a ReadError if one of them fails."""
    incoming, outgoing = os.pipe()
    with (
        os.fdopen(incoming, "rb") as to_loader,
        os.fdopen(outgoing, "wb") as from_tap,
        _Tap(account, secrets, last_run, places) as tap,
    ):
        with tap.reading(from_tap) as reading, _loading(to_loader, warehouse, places) as loading:
            # Close these handles here, so that each program sees when the other one ends.
            from_tap.close()
            to_loader.close()
            read_code, load_code = reading.wait(), loading.wait()
        # If the loader fails, the tap fails as well because it cannot write. The loader is the cause.
        tap.judge(OUTPUT if load_code and read_code in {0, OUTPUT} else read_code)


def read_into_spool(
    account: Account,
    secrets: Mapping[str, str],
    last_run: dict[str, str] | None,
    places: Places,
    spooled: Path,
) -> None:
    """Let the tap write a file. The file gets its final name when the tap has ended by itself."""
    spooled.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = spooled.with_suffix(".part")
    with _Tap(account, secrets, last_run, places) as tap:
        with (
            os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
            tap.reading(file) as reading,
        ):
            code = reading.wait()
        if code < SIGNAL_EXIT_BASE:  # a signal may have left half a line
            half.replace(spooled)
        tap.judge(code)


def load_spool(spool: Path, warehouse: Warehouse, places: Places) -> list[str]:
    """Load one file after another, because DuckDB has one writer. Returns the names of files that failed."""
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
    """Make the tables of all streams. If many loaders made them at once, PostgreSQL would refuse some."""
    # These are of no account: no request is sent. Without a credential, its streams would be left out.
    nobody = {f"{TAP_PREFIX}{name}": "unused" for name in ("DOMAIN", "API_KEY", "SCIM_TOKEN")}
    with TemporaryFile() as schemas:
        with started("tap", [places.tap, "--config=ENV", "--schemas"], nobody, stdout=schemas) as telling:
            code = telling.wait()
        if code:
            raise FleetError(f"The tap does not tell its tables (exit code {code}); its words are above.")
        schemas.seek(0)
        code = _load(schemas, warehouse, places)
    if code:
        raise FleetError(f"The loader does not make the tables (exit code {code}); its words are above.")


class _Tap:
    """One run of the tap, with the files that it reads and writes."""

    def __init__(
        self, account: Account, secrets: Mapping[str, str], last_run: dict[str, str] | None, places: Places
    ) -> None:
        if not secrets:
            raise ReadError(
                account.host,
                CONFIGURATION,
                why=f"the Airflow connection {account.connection} has no credential: its password is the API "
                "key, and `scim_token` in its `extra` is the SCIM token",
            )
        self._account = account
        self._environment = tap_environment(account, secrets)
        self._last_run = last_run
        self._folder = TemporaryDirectory(prefix="freshsales-fleet-run-")
        self._summary = Path(self._folder.name) / "summary.json"
        self._command = [places.tap, "--config=ENV", "--summary", str(self._summary)]

    def __enter__(self) -> Self:
        if self._last_run is not None:
            state = Path(self._folder.name) / "state.json"
            state.write_text(json.dumps({"bookmarks": {"sync_receipts": self._last_run}}))
            self._command += ["--state", str(state)]
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def reading(self, output: IO[bytes]) -> AbstractContextManager[Started]:
        return started("tap", self._command, self._environment, stdout=output)

    def judge(self, code: int) -> None:
        if code:
            raise ReadError(self._account.host, code, self._retry_at())

    def _retry_at(self) -> datetime | None:
        try:
            said = json.loads(self._summary.read_text(encoding="utf-8"))["retry_at"]
        except OSError:  # of a tap that was killed
            return None
        return None if said is None else datetime.fromisoformat(said)


@contextmanager
def _loading(source: IO[bytes], warehouse: Warehouse, places: Places) -> Iterator[Started]:
    """Start the loader. For PostgreSQL, its settings are in the environment; for DuckDB, in a file."""
    with NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(warehouse.loader_config, file)
        file.flush()
        config = f"--config={'ENV' if places.is_postgresql else file.name}"
        with started(
            "loader", [places.loader, config], warehouse.environment, stdin=source, stdout=subprocess.DEVNULL
        ) as program:
            yield program


def _load(source: IO[bytes], warehouse: Warehouse, places: Places) -> int:
    with _loading(source, warehouse, places) as program:
        return program.wait()


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
