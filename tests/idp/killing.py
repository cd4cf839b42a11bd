"""A load of Okta whose process is killed half way."""

from __future__ import annotations

import os
import subprocess
import sys
from threading import Event

import psycopg
from werkzeug import Request, Response

from freshsales_sandbox.app import Sandbox
from tests.idp.conftest import environment_of

COMMAND = [sys.executable, "-c", "from freshsales_idp.cli import main; main()", "okta"]
PATIENCE_SECONDS = 60
# They come before the log does. Which of them comes first is left open.
BEFORE_THE_LOG = ("users", "app_users")
# Says of which of these tables rows have come.
TELL = """
create function tell_of_rows() returns trigger language plpgsql as
    'begin perform pg_notify(''rows_came'', tg_table_name); return null; end'
"""
TELL_OF = "create trigger tell after insert on freshsales_okta.{} execute function tell_of_rows()"
TELL_NO_MORE = "drop function tell_of_rows cascade"


def start(sandbox: Sandbox, warehouse: str, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "--warehouse", warehouse],
        env=os.environ | environment_of(sandbox, **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def kill_half_way(sandbox: Sandbox, warehouse: str) -> None:
    """Kill a second load: in PostgreSQL when all but its log has come, else as it reads."""
    if warehouse.startswith("postgresql://"):
        _kill_as_it_loads(sandbox, warehouse)
    else:
        kill_as_it_reads(sandbox, warehouse)


def kill_as_it_reads(sandbox: Sandbox, warehouse: str) -> None:
    reached, killed = Event(), Event()

    def hold(request: Request) -> Response | None:
        if request.path.endswith("/logs"):
            reached.set()
            killed.wait(PATIENCE_SECONDS)
        return None

    sandbox.okta.interrupt = hold
    with start(sandbox, warehouse) as process:
        assert reached.wait(PATIENCE_SECONDS)
        process.kill()
        killed.set()
        process.communicate(timeout=PATIENCE_SECONDS)
    sandbox.okta.interrupt = lambda _: None


def _kill_as_it_loads(sandbox: Sandbox, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as watch, psycopg.connect(url) as lock:
        watch.execute(TELL)
        for table in BEFORE_THE_LOG:
            watch.execute(TELL_OF.format(table).encode())
        watch.execute("listen rows_came")
        lock.execute("lock table freshsales_okta.log_events in access exclusive mode")
        with start(sandbox, url) as process:
            came: set[str] = set()
            for told in watch.notifies(timeout=PATIENCE_SECONDS):
                came.add(told.payload)
                if came == set(BEFORE_THE_LOG):
                    break
            assert came == set(BEFORE_THE_LOG)
            process.kill()
            process.communicate(timeout=PATIENCE_SECONDS)
        # What the server was still to do for it is not done.
        watch.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and wait_event_type = 'Lock'"
        )
        lock.rollback()
        watch.execute(TELL_NO_MORE)
