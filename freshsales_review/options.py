"""Options that several commands share: the loader, the place of the marts, and the names on the page."""

from pathlib import Path

import click

from freshsales_review.places import DUCKDB, LOADERS, POSTGRESQL, warehouse_of

loader_option = click.option(
    "--loader",
    type=click.Choice(LOADERS),
    default=DUCKDB,
    show_default=True,
    help="The loader. Its settings, in Meltano or in the environment, say where the tables are.",
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
output_option = click.option(
    "--output",
    envvar="FRESHSALES_REVIEW_OUTPUT",
    default="output/access-review.html",
    show_default=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; only its owner may read it.",
)
without_names_option = click.option(
    "--without-names", is_flag=True, help="Leave names and emails of people out."
)


def location_of(loader: str, warehouse: str | None) -> str:
    """The warehouse of the marts, by these two options."""
    return warehouse_of(loader) if loader == POSTGRESQL or warehouse is None else warehouse
