"""Sends the output of libraries into a log."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

STDOUT, STDERR = 1, 2


@contextmanager
def output_into(log: Path) -> Iterator[Callable[[str], None]]:
    """Send the output of this process and its libraries into `log`. Yields a function that still prints."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = {stream: os.dup(stream) for stream in (STDOUT, STDERR)}
    with log.open("w") as file, os.fdopen(os.dup(STDOUT), "w") as terminal:
        for stream in kept:
            os.dup2(file.fileno(), stream)
        try:
            yield lambda words: print(words, file=terminal, flush=True)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for stream, descriptor in kept.items():
                os.dup2(descriptor, stream)
                os.close(descriptor)
