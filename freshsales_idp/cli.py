"""`freshsales-idp okta`: load users, assignments and events of an Okta organization, with receipts."""

from __future__ import annotations

import os
import sys

import click

from freshsales_idp.errors import IdpError
from freshsales_idp.settings import PREFIX, REQUIRED, WANTED, Settings

SETTINGS = "\n".join(
    f"  {PREFIX}{name.upper()}{'' if name in REQUIRED else ' (optional)'}\n      {wanted}"
    for name, wanted in WANTED.items()
)


@click.group()
def main() -> None:
    """Load what the identity provider knows about the people of a Freshsales account."""


@main.command(epilog=f"\b\nSettings, from the environment:\n{SETTINGS}")
@click.option(
    "--warehouse",
    metavar="PATH|URL",
    help="DuckDB file that nothing else writes to, or `postgresql://`, which takes what it does not say from "
    "PGHOST, PGUSER and so on. Default: output/okta.duckdb",
)
def okta(warehouse: str | None) -> None:
    """Load Okta's users, the users of the named apps, and the log events that the marts use.

    Ends with 1 where a list was not read to its end; its receipt says why.
    """
    try:
        settings = Settings.of(os.environ, warehouse)
        # It takes a second to import, which a wrong setting need not wait for.
        from freshsales_idp.loading import load  # noqa: PLC0415

        rows = load(settings)
    except IdpError as error:
        click.echo(f"freshsales-idp: {error}", err=True)
        sys.exit(1)
    for row in rows:
        name = f"{row['object']} of app {row['app_id']}" if row["app_id"] else row["object"]
        told = "read to its end" if row["is_complete"] else f"NOT complete. {row['incomplete_reason']}"
        click.echo(f"{name}: {row['rows']:,} rows, {told}", err=not row["is_complete"])
    sys.exit(0 if all(row["is_complete"] for row in rows) else 1)
