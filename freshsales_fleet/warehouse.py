"""The warehouse, in the form that each program needs: the loader, the review, and the fleet itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from freshsales_fleet.errors import FleetError
from freshsales_fleet.places import SCHEMA, Places

# What the tap has to know of the last run, from its receipts.
BOOKMARK = ("sync_id", "account", "pseudonym_key_fingerprint")


@dataclass(frozen=True)
class Warehouse:
    """The warehouse of the fleet."""

    environment: dict[str, str]
    """Environment variables of the loader. dbt and the review read them as well."""
    landing: str
    """Path of a DuckDB file, or a postgresql:// URL with a password in it."""
    loader_config: dict[str, object] = field(default_factory=dict)
    """For a loader that reads no environment variables. It has no secret in it."""


def duckdb_warehouse(places: Places) -> Warehouse:
    """The warehouse in the two DuckDB files of these places."""
    return Warehouse(
        {"TARGET_DUCKDB_FILEPATH": str(places.landing), "FRESHSALES_REVIEW_WAREHOUSE": str(places.marts)},
        str(places.landing),
        # Without the metadata columns, the loader loses rows: see meltano.yml.
        {"filepath": str(places.landing), "default_target_schema": SCHEMA, "add_metadata_columns": True},
    )


def postgresql_warehouse(connection: Any) -> Warehouse:
    """By an Airflow connection. Its `extra` goes to libpq, for example `{"sslmode": "verify-full"}`."""
    for attribute, name in (("host", "host"), ("login", "login"), ("schema", "database")):
        if not getattr(connection, attribute):
            raise FleetError(f"The Airflow connection of the warehouse has no {name}.")
    host, port = connection.host, str(connection.port or 5432)
    user, password, database = connection.login, connection.password or "", connection.schema
    extra = {name: str(value) for name, value in (connection.extra_dejson or {}).items()}
    environment = {
        "TARGET_POSTGRES_HOST": host,
        "TARGET_POSTGRES_PORT": port,
        "TARGET_POSTGRES_USER": user,
        "TARGET_POSTGRES_PASSWORD": password,
        "TARGET_POSTGRES_DATABASE": database,
        "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": SCHEMA,
        # At its usual level, it logs its settings and every statement.
        "TARGET_POSTGRES_LOGLEVEL": "WARNING",
        "TARGET_POSTGRES_SANITIZE_NULL_TEXT_CHARACTERS": "true",
        # Its time columns have no zone. Without this setting, they would have the local time of the database.
        "PGTZ": "UTC",
    } | {f"PG{name.upper()}": value for name, value in extra.items() if name.startswith("ssl")}
    name = f"{quote(user, safe='')}:{quote(password, safe='')}@{host}:{port}/{quote(database, safe='')}"
    return Warehouse(environment, f"postgresql://{name}" + (f"?{urlencode(extra)}" if extra else ""))


def last_run(warehouse: Warehouse, account: str) -> dict[str, str] | None:
    """Return the bookmark of the account's latest run here.

    By it the next run gets a greater `sync_id`, whatever the clock says, and is refused with another key.
    """
    from freshsales_review.warehouse import columns_of, identifier, open_warehouse  # noqa: PLC0415 - slow

    with open_warehouse(warehouse.landing) as opened:
        columns = columns_of(opened, SCHEMA).get("sync_receipts")
        if columns is None:
            return None
        named = [name for name in BOOKMARK if name in columns]  # earlier versions loaded fewer
        table = identifier(SCHEMA, "sync_receipts")
        found = opened.query(
            f"select {', '.join(named)} from {table} "  # noqa: S608 - quoted
            "where account = $1 and sync_id is not null order by sync_id desc limit 1",
            [account],
        )
        return next((dict(zip(named, row, strict=True)) for row in found), None)
