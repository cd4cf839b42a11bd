"""How the command ended: an exit code, and on request a file for whatever program started it."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tap_freshsales_users.errors import Cause, ConfigurationError, Interrupted, OutputError, TapError
from tap_freshsales_users.reading.receipt import Receipt

OK = "ok"
REMEDY = "Give the path of a file in a folder that this user may write to."


class Summary:
    """Collects what went wrong. Of several causes, the first one in `Cause` gives the exit code."""

    def __init__(self) -> None:
        self.account: str | None = None
        self.sync_id: str | None = None
        # The receipts that were written to the loader.
        self.receipts: list[Receipt] = []
        # Seconds since 1970. Before that moment, the quota or the server allows no further request.
        self._retry_at: float | None = None
        self._causes: set[Cause] = set()
        self._interrupted: Interrupted | None = None
        self._path: Path | None = None

    # -- what is collected

    def add(self, error: TapError) -> None:
        """Note the cause of this error, and the moment before which another run is useless."""
        self.note(error.cause)
        if error.retry_at is not None:
            self._retry_at = max(error.retry_at, self._retry_at or 0)

    def note(self, cause: Cause) -> None:
        """Note a cause."""
        self._causes.add(cause)

    def interrupt(self, interrupted: Interrupted) -> None:
        """Note that a signal ended the run."""
        self._interrupted = interrupted
        self.note(Cause.INCOMPLETE)

    # -- what it comes to

    @property
    def cause(self) -> Cause | None:
        """None if nothing is wrong."""
        return next((cause for cause in Cause if cause in self._causes), None)

    @property
    def exit_code(self) -> int:
        """128 + the signal if the run was stopped; else the exit code of the cause; 0 if nothing is wrong."""
        if self._interrupted is not None:
            return self._interrupted.exit_code
        return 0 if self.cause is None else self.cause.exit_code

    def to_document(self) -> dict[str, Any]:
        """The summary, as it is written to the file."""
        return {
            "account": self.account,
            "sync_id": self.sync_id,
            "class": OK if self.cause is None else self.cause.word,
            "retry_at": None if self._retry_at is None else _utc(self._retry_at),
            "receipts": [receipt.to_record() for receipt in self.receipts],
        }

    # -- its file

    def begin(self, path: str) -> None:
        """Write to this file at the end. A file of an earlier run is removed now; raises ConfigurationError.

        So a run that is killed leaves no file. Nobody takes the result of the run before for its own.
        """
        file = Path(path)
        try:
            # To replace a device, such as /dev/stdout, would break the machine.
            is_file = file.is_file() or not file.exists()
            if is_file:
                file.unlink(missing_ok=True)
        except (OSError, ValueError):
            is_file = False
        if not is_file or not file.parent.is_dir() or not os.access(file.parent, os.W_OK):
            raise ConfigurationError("The file given with --summary cannot be written", REMEDY)
        self._path = file

    def write(self) -> None:
        """Write the whole file or none, readable by this user only (mode 0600); raises OutputError."""
        if self._path is None:
            return
        try:
            handle, beside = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(json.dumps(self.to_document(), indent=2) + "\n")
                Path(beside).replace(self._path)
            except BaseException:
                Path(beside).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise OutputError(
                f"The file given with --summary cannot be written ({error.strerror})",
                "Make room, or name another file.",
            ) from None


def _utc(moment: float) -> str:
    # Round up to a whole second, so that the text is never before the moment.
    return datetime.fromtimestamp(-(-moment // 1), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
