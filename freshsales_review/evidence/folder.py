"""Writes a folder that only its owner may open: the whole folder, or nothing."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from freshsales_review.errors import ReviewError
from freshsales_review.evidence.pack import SUMS


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write all files, and replace an earlier pack; raises ReviewError if the folder has other files."""
    try:
        _require_own(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Both folders have mode 0700.
        beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        before = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            for name, content in files.items():
                with os.fdopen(
                    os.open(beside / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
                ) as file:
                    file.write(content)
            if folder.exists():
                folder.replace(before)
            beside.replace(folder)
        finally:
            for left in (beside, before):
                shutil.rmtree(left, ignore_errors=True)
    except OSError as error:
        raise ReviewError(f"{folder} cannot be written: {error.strerror}.") from error


def _require_own(folder: Path) -> None:
    if not folder.exists():
        return
    if folder.is_symlink() or not folder.is_dir():
        raise ReviewError(f"{folder} is no folder of its own: name another.")
    there = {path.name for path in folder.iterdir()}
    if not there:
        return
    sums = folder / SUMS
    lines = sums.read_text("utf-8").splitlines() if sums.is_file() else []
    listed = {line.split("  ", 1)[-1] for line in lines}
    if not listed or there - listed - {SUMS}:
        raise ReviewError(
            f"{folder} holds files that are no evidence pack: name a folder that is new or empty, or that "
            "holds an earlier pack."
        )
