"""Writes Singer messages to standard output, buffered, in whole lines; flushes at STATE and at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

import orjson
from singer_sdk.singerlib.encoding.base import GenericSingerWriter
from singer_sdk.singerlib.encoding.simple import Message, StateMessage
from singer_sdk.singerlib.json import serialize_json

from tap_freshsales_users.errors import Interrupted, OutputError

FLUSH_BYTES = 1024 * 1024


class BufferedWriter(GenericSingerWriter[bytes, Message]):
    """Writes whole lines, even if a signal comes in the middle of a write."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size_bytes = 0
        self._is_writing = False
        self._interrupted: Interrupted | None = None

    def serialize_message(self, message: Message) -> bytes:
        return serialize_json(message.to_dict()).encode()

    def write_message(self, message: Message) -> None:
        self.write_lines([self.format_message(message)])
        if isinstance(message, StateMessage):
            self.flush()

    def write_lines(self, lines: Iterable[bytes]) -> None:
        """Write lines; each is a JSON object without a line end. Raises OutputError."""
        for line in lines:
            self._lines.append(line)
            self._size_bytes += len(line)
        if self._size_bytes >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is buffered; raises OutputError, and Interrupted if a signal came meanwhile."""
        if not self._lines:
            return
        data = b"\n".join(self._lines) + b"\n"
        # A signal must wait until the write has ended: the lines are no longer in the buffer.
        self._is_writing = True
        try:
            self._lines.clear()
            self._size_bytes = 0
            _write(data)
        except BrokenPipeError:
            raise OutputError("The loader stopped reading", "Its own log says why.") from None
        except OSError as error:
            raise full_output(error) from None
        finally:
            self._is_writing = False
        if self._interrupted is not None:
            interrupted, self._interrupted = self._interrupted, None
            raise interrupted

    def interrupt(self, interrupted: Interrupted) -> None:
        """Raise it now, or as soon as the write under way has ended."""
        if self._is_writing and self._interrupted is None:
            self._interrupted = interrupted
        else:
            raise interrupted


def record_line_parts(stream: str, version: int | None, time_extracted: str) -> tuple[bytes, bytes]:
    """The text before and after the record in a RECORD line. It is the same for all records of a page."""
    before = b'{"type":"RECORD","stream":' + orjson.dumps(stream) + b',"record":'
    behind = b"" if version is None else b',"version":' + str(version).encode()
    return before, behind + b',"time_extracted":' + orjson.dumps(time_extracted) + b"}"


def _write(data: bytes) -> None:
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(data.decode())  # a text stream replaces standard output
    else:
        # If standard output is unbuffered (PYTHONUNBUFFERED), a signal may cut a write short.
        rest = memoryview(data)
        while rest:
            rest = rest[binary.write(rest) :]
    sys.stdout.flush()


def full_output(error: OSError) -> OutputError:
    """The error for standard output that takes no more, with the reason of the system."""
    return OutputError(
        f"Standard output takes no more ({error.strerror})", "Make room or mend the loader, and run again."
    )


def leave_stdout() -> None:
    """Send what is still buffered to nowhere, so that the exit of Python does not fail again."""
    if sys.stdout is None:
        return
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = None
