"""The stock command of the library behind the sandbox's SCIM side, started on its own."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STOCK = Path(sys.executable).with_name("scim2-server")


@contextmanager
def stock_server(bearer_token: str) -> Iterator[str]:
    """The base URL of an empty server, until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(STOCK), "--port", str(port), "--bearer-token", bearer_token]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Serving SCIM on")
        yield f"http://127.0.0.1:{port}/v2"
        process.kill()
