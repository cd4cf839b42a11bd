"""The dlt pipeline: it loads the rows first, then receipts of the rows that are really in the warehouse."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

# Set before dlt is imported: it sends no usage data, and empties its staging tables after each load.
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["LOAD__TRUNCATE_STAGING_DATASET"] = "true"

import dlt
from dlt.common.schema.typing import TColumnSchema
from dlt.extract import DltResource
from dlt.pipeline.exceptions import PipelineStepFailed
from dlt.sources.helpers.rest_client.client import RESTClient

from freshsales_idp import receipts
from freshsales_idp.errors import IdpError
from freshsales_idp.reading import Reading, client_for, readings_of
from freshsales_idp.settings import Settings
from freshsales_idp.tables import TABLES, ColumnType, Table

Row = dict[str, Any]


def load(settings: Settings) -> list[Row]:
    """Load what Okta lists, and return the receipts; raises IdpError if nothing can be loaded."""
    readings = readings_of(settings, datetime.now(UTC))
    client = client_for(settings)
    # Each run has its own folder. So the rest of a run that was killed is never loaded later.
    with tempfile.TemporaryDirectory(prefix="freshsales-idp-") as folder:
        try:
            pipeline = dlt.pipeline(
                pipeline_name="freshsales_idp_okta",
                pipelines_dir=folder,
                destination=_destination(settings.warehouse),
                dataset_name=settings.schema,
            )
            resources = [_resource(table, readings, client, settings) for table in TABLES]
            (load_id,) = pipeline.run(resources).loads_ids
            rows = [
                receipts.receipt_of(reading, settings, load_id, _loaded(pipeline, reading, load_id))
                for reading in readings
            ]
            # A second load, after the first has ended: no receipt arrives before its rows.
            pipeline.run(_receipts(rows))
        except PipelineStepFailed as error:
            raise IdpError(_refusal(error, settings)) from error
        finally:
            client.session.close()
    return rows


def _resource(table: Table, readings: list[Reading], client: RESTClient, settings: Settings) -> DltResource:
    marks = {"account": settings.account, "source": settings.source}

    def rows() -> Iterator[Any]:
        # The table is made even if nothing was read.
        yield dlt.mark.materialize_table_schema()
        for reading in readings:
            if reading.table is table:
                for page in reading.rows(client):
                    yield [marks | row for row in page]

    columns: dict[str, ColumnType] = {"account": "text", "source": "text"}
    columns |= {path.replace(".", "__"): type_ for path, type_ in table.columns.items()}
    if "app_id" in table.key:
        columns["app_id"] = "text"
    return dlt.resource(
        rows(),
        name=table.name,
        # A person who is no longer listed keeps the row of the last load that saw them.
        write_disposition="merge",
        primary_key=["account", "source", *table.key],
        columns=_hints(columns),
        max_table_nesting=0,
    )


def _receipts(rows: list[Row]) -> DltResource:
    return dlt.resource(
        rows, name=receipts.TABLE, write_disposition="append", columns=_hints(receipts.COLUMNS)
    )


def _hints(columns: dict[str, ColumnType]) -> dict[str, TColumnSchema]:
    return {name: {"data_type": type_} for name, type_ in columns.items()}


def _loaded(pipeline: dlt.Pipeline, reading: Reading, load_id: str) -> set[str]:
    """The keys of the rows that this load wrote into the warehouse."""
    with pipeline.sql_client() as client:
        table = client.make_qualified_table_name(reading.table.name)
        keys = ", ".join(client.escape_column_name(name) for name in reading.table.key)
        query = f"select {keys} from {table} where _dlt_load_id = %s"  # noqa: S608 - names from this package
        found = client.execute_sql(query, load_id) or []
    rows = ["\t".join(row) for row in found]
    prefix = f"{reading.app_id}\t" if reading.app_id else ""
    return {key for key in rows if key.startswith(prefix)}


def _destination(warehouse: str) -> Any:
    if not warehouse.startswith(("postgresql://", "postgres://")):
        path = Path(warehouse)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise IdpError(
                f"The folder {path.parent} cannot be made: {error.strerror}. Name another with --warehouse."
            ) from None
        return dlt.destinations.duckdb(str(path))
    return dlt.destinations.postgres(credentials=_credentials(warehouse))


def _credentials(url: str) -> dict[str, str | int]:
    """The parts of a PostgreSQL URL. Missing parts come from PGHOST, PGUSER and so on, as with libpq."""
    try:
        parts = urlsplit(url)
        said = dict(parse_qsl(parts.query))
        port = parts.port or int(said.get("port") or os.environ.get("PGPORT") or 5432)
    except ValueError:
        raise IdpError(
            "The warehouse URL, or PGPORT, cannot be read: write "
            "postgresql://user:password@host:port/database, with special characters of the password "
            "percent-encoded."
        ) from None

    def named(part: str | None, parameter: str, variable: str, default: str = "") -> str:
        return unquote(part or "") or said.get(parameter) or os.environ.get(variable) or default

    return {
        "host": named(parts.hostname, "host", "PGHOST", "localhost"),
        "port": port,
        "username": named(parts.username, "user", "PGUSER"),
        "password": named(parts.password, "password", "PGPASSWORD"),
        "database": named(parts.path.strip("/"), "dbname", "PGDATABASE"),
    }


def _refusal(error: PipelineStepFailed, settings: Settings) -> str:
    """Why the load failed, in our own words: those of the warehouse may repeat the URL or a row."""
    cause: BaseException = error
    while cause.__cause__ is not None or cause.__context__ is not None:
        cause = cause.__cause__ or cause.__context__ or cause
    kind = type(cause).__name__
    if "lock" in str(cause).lower() and "://" not in settings.warehouse:
        return "The DuckDB file is held open by another process: wait until that has ended, and run again."
    return (
        f"The warehouse cannot be loaded ({kind} in step {error.step}): is it there, and may it be written?"
    )
