"""A dbt that is imported once: each command runs in a child of this process.

The import takes two seconds, and the tests run more than a hundred commands. The server reads one JSON object
a line, `{"arguments": [...], "environment": {...}, "cwd": "...", "output": "..."}`. It runs that command with
its standard output and error in the file `output`, and prints its exit code.
"""

import json
import os
import signal
import sys

from dbt.cli.main import cli

# A command that hangs is ended.
SECONDS = 240


def run(arguments: list[str], environment: dict[str, str], cwd: str, output: str) -> int:
    """Run a command as if a shell had started it, and return its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    signal.alarm(SECONDS)
    code = 70
    try:
        file = os.open(output, os.O_WRONLY | os.O_APPEND)
        os.dup2(file, 1)
        os.dup2(file, 2)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(cwd)
        cli(arguments, prog_name="dbt", standalone_mode=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


for line in sys.stdin:
    print(run(**json.loads(line)), flush=True)
