"""A Chromium for tests and benchmarks: an installed one, else that of Debian, else that of Playwright."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str | None:
    """Path of the browser. If there is none, it is installed. None: the browser of Playwright."""
    # If tests run at the same time, the first one installs and the others wait.
    with (Path(tempfile.gettempdir()) / "chromium-for-tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path := _found():
            return path
        if os.geteuid() == 0 and shutil.which("apt-get"):
            subprocess.run(["apt-get", "update", "-qq"], check=True)
            subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=True)
            return _found()
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
        return None


def _found() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)
