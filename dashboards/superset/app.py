"""Sets up and serves Superset in one process, because each start of its own command takes ten seconds.

This module is imported only in the environment of Superset.
"""

import logging
import socket

import flask.cli  # type: ignore[import-not-found,unused-ignore]
from superset.app import create_app  # type: ignore[import-not-found,unused-ignore]
from superset.cli.main import superset  # type: ignore[import-not-found,unused-ignore]
from werkzeug.serving import make_server

from dashboards.superset.errors import DashboardError
from dashboards.superset.home import ASSETS, Login

DATABASE = "Freshsales identity"
DASHBOARD = "access-review"


def set_up(login: Login, database_url: str) -> object:
    """Update the metadata of Superset, and import the bundle for this warehouse. Returns the application."""
    app = create_app()
    script = flask.cli.ScriptInfo(create_app=lambda: app)

    def run(*arguments: str) -> None:
        superset.main(list(arguments), obj=script, standalone_mode=False, prog_name="superset")

    run("db", "upgrade")
    run(
        *("fab", "create-admin", "--username", login.username, "--password", login.password),
        *("--firstname", "Access", "--lastname", "Review", "--email", "admin@localhost"),
    )
    run("init")
    run("import-directory", "--overwrite", "--force", str(ASSETS))
    # Each import sets the address in the bundle again.
    run("set-database-uri", "--database_name", DATABASE, "--uri", database_url, "--skip_create")
    _check_imported(app)
    return app


def serve(app: object, listening: socket.socket) -> None:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    host, port = listening.getsockname()
    make_server(host, port, app, threaded=True, fd=listening.fileno()).serve_forever()  # type: ignore[arg-type]


def _check_imported(app: object) -> None:
    # The import only logs a bundle that Superset does not accept. The models need an application.
    from superset.models.dashboard import (  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
        Dashboard,
    )

    with app.app_context():  # type: ignore[attr-defined]
        if Dashboard.get(DASHBOARD) is None:
            raise DashboardError("Superset did not take the bundle; its log says why.")
