"""`make superset`: the access review as a Superset dashboard, on this machine alone."""

import os
import signal
import socket
import traceback
from contextlib import suppress
from pathlib import Path

import click

from dashboards.superset.errors import DashboardError
from dashboards.superset.home import ROOT, Home
from dashboards.superset.output import output_into
from dashboards.superset.publish import publish
from freshsales_review.errors import ReviewError
from freshsales_review.places import DUCKDB, warehouse_of

CONFIG = Path(__file__).with_name("superset_config.py")
LOOPBACK = "127.0.0.1"
POSTGRESQL = "postgresql://"


class _Commands(click.Group):
    """Commands that report an error in one sentence, with exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (DashboardError, ReviewError) as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(1)


_warehouse = click.option(
    "--warehouse",
    envvar="FRESHSALES_REVIEW_WAREHOUSE",
    help="Path of a DuckDB file, or a postgresql:// URL.  [default: where dbt builds the marts]",
)
_home = click.option(
    "--home",
    envvar="SUPERSET_HOME",
    default=ROOT / "output" / "superset",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of Superset's metadata, keys and log, and of the published copy.",
)


@click.group(cls=_Commands)
def main() -> None:
    """Serve the access review in Apache Superset."""


@main.command("publish")
@_warehouse
@_home
def publish_command(warehouse: str | None, home: Path) -> None:
    """Copy the marts again, also while the dashboard runs. Reload the page to see them."""
    warehouse = warehouse or warehouse_of(DUCKDB)
    _check_kind(warehouse)
    if _is_postgresql(warehouse):
        raise DashboardError(
            "The dashboard reads PostgreSQL itself, so there is nothing to publish: look at the dashboard."
        )
    opened = Home(home.absolute())
    opened.open()
    publish(Path(warehouse), opened.published)
    click.echo(f"{opened.published}: published")


@main.command("serve")
@_warehouse
@_home
@click.option("--port", default=8088, show_default=True, help="Port on loopback; 0 takes a free one.")
def serve_command(warehouse: str | None, home: Path, port: int) -> None:
    """Publish the marts, set up Superset with the bundle, and serve it until it is interrupted."""
    warehouse = warehouse or warehouse_of(DUCKDB)
    _check_kind(warehouse)
    # All of these files are personal data, or give access to it.
    os.umask(0o077)
    opened = Home(home.absolute())
    login = opened.open()
    if _is_postgresql(warehouse):
        from dashboards.superset.postgresql import check_postgresql  # noqa: PLC0415 - of Superset's environment

        check_postgresql(warehouse)
        address = warehouse
    else:
        publish(Path(warehouse), opened.published)
        address = f"duckdb:///{opened.published}?access_mode=read_only"
    listening = _listen(port)
    # Superset reads both at its import.
    os.environ["SUPERSET_HOME"] = str(opened.folder)
    os.environ["SUPERSET_CONFIG_PATH"] = str(CONFIG)
    # Both signals end it in the same way, even if a shell made its background jobs ignore the first one.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    with output_into(opened.log) as say, suppress(KeyboardInterrupt):
        say("Setting Superset up: a minute the first time, half of it later.")
        try:
            from dashboards.superset import app  # noqa: PLC0415 - not before its settings are known

            application = app.set_up(login, address)
        except DashboardError:
            raise
        except Exception as error:
            traceback.print_exc()
            raise DashboardError(f"Superset could not be set up; {opened.log} says why.") from error
        port = listening.getsockname()[1]
        say(f"Dashboard  http://{LOOPBACK}:{port}/superset/dashboard/{app.DASHBOARD}/")
        say(f"Login      {login.username} / {login.password}")
        say(f"Log        {opened.log}\n\nCtrl-C ends it.")
        app.serve(application, listening)


def _is_postgresql(warehouse: str) -> bool:
    return warehouse.startswith(POSTGRESQL)


def _check_kind(warehouse: str) -> None:
    if "://" in warehouse and not _is_postgresql(warehouse):
        raise DashboardError("The warehouse must be the path of a DuckDB file or a postgresql:// URL.")


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise DashboardError(
            f"Port {port} cannot be had ({error.strerror}): name another with --port, or PORT= for make."
        ) from error


if __name__ == "__main__":
    main()
