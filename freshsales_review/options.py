"""Options that several commands share: whose settings count, and where the marts are."""

import click

from freshsales_review.places import DUCKDB, LOADERS

loader_option = click.option(
    "--loader",
    type=click.Choice(LOADERS),
    default=DUCKDB,
    show_default=True,
    help="Whose settings say where things are, as Meltano has them, or the environment.",
)
warehouse_option = click.option(
    "--warehouse",
    envvar="FRESHSALES_REVIEW_WAREHOUSE",
    help="Where the marts are: path of a DuckDB file, or a postgresql:// URL.  "
    "[default: where dbt builds them]",
)
marts_schema_option = click.option(
    "--marts-schema",
    envvar="FRESHSALES_REVIEW_MARTS_SCHEMA",
    default="freshsales_identity",
    show_default=True,
    help="Schema that the marts live in.",
)
