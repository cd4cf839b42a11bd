"""Writes a file that only its owner may read. Nobody ever sees half of it."""

import os
import tempfile
from pathlib import Path

from freshsales_review.errors import ReviewError


def write_private(path: Path, text: str) -> None:
    """Write the text to this file; raises ReviewError if it cannot be written."""
    try:
        if path.exists() and not path.is_file():
            # To replace a device, such as /dev/stdout, would break the machine.
            raise ReviewError(f"{path} is no regular file: name another place with --output.")
        path.parent.mkdir(parents=True, exist_ok=True)
        # A new file with mode 0600 in the same folder, so that the rename is one step.
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            Path(beside).replace(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ReviewError(
            f"{path} cannot be written ({error.strerror}): name another place with --output."
        ) from error
