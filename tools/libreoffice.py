"""A LibreOffice for the tests: an installed one, else that of Debian."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

NAMES = ("soffice", "libreoffice", "localc")
PACKAGE = "libreoffice-calc-nogui"
FILTER = "Text - txt - csv (StarCalc)"


class NoLibreOfficeError(Exception):
    """One sentence that says what to install."""


def executable() -> str:
    """Path of the program. If there is none, it is installed, if this user may do so."""
    # If tests run at the same time, the first one installs and the others wait.
    with (Path(tempfile.gettempdir()) / "libreoffice-for-tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path := _found():
            return path
        if os.geteuid() == 0 and shutil.which("apt-get"):
            subprocess.run(["apt-get", "update", "-qq"], check=True)
            subprocess.run(
                ["apt-get", "install", "-y", "-qq", "--no-install-recommends", PACKAGE], check=True
            )
        if path := _found():
            return path
    raise NoLibreOfficeError(
        "There is no LibreOffice for the tests, which send decisions through it: install LibreOffice Calc "
        f"(on Debian and Ubuntu: apt-get install --no-install-recommends {PACKAGE})."
    )


@dataclass(frozen=True)
class Dialect:
    """How a LibreOffice reads and saves CSV: the delimiter, and the number of its language."""

    delimiter: str
    language: int

    def options(self, delimiter: str) -> str:
        # UTF-8 (76), from line 1, no formats of columns; quoted cells may be dates; as shown.
        return f"{FILTER}:{ord(delimiter)},34,76,1,,{self.language},false,true"


def saved_as_csv(path: Path, dialect: Dialect, folder: Path) -> Path:
    """Open a CSV file with commas, and save it as CSV in that dialect, as its owner would."""
    saved = folder / "saved"
    subprocess.run(
        [
            executable(),
            f"-env:UserInstallation={(folder / 'profile').absolute().as_uri()}",
            *("--headless", "--norestore", f"--infilter={dialect.options(',')}"),
            *("--convert-to", f"csv:{dialect.options(dialect.delimiter)}", "--outdir", str(saved), str(path)),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    return saved / path.name


def _found() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)
