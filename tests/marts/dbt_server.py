"""A dbt that is imported once: each command runs in a child of this process.

The import takes two seconds, and the tests run more than a hundred commands. The server reads one JSON object
a line, `{"arguments": [...], "paths": [...], "environment": {...}, "cwd": "...", "output": "..."}`. It runs
that command with its standard output and error in the file `output`, and prints its exit code.
"""

import gc
import json
import os
import signal
import sys

from dbt.cli.main import cli, dbtRunner

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


def warm_up(paths: list[str], environment: dict[str, str], cwd: str) -> None:
    """Parse within this process: dbt makes classes as it goes, and each child would make them again."""
    os.environ.update(environment)
    os.chdir(cwd)
    dbtRunner().invoke(["parse", "--quiet", *paths])
    gc.freeze()


# dbt prints to standard output, too.
answers = os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
is_warm = False
for line in sys.stdin:
    command = json.loads(line)
    paths = command.pop("paths")
    answers.write(f"{run(**command)}\n")
    answers.flush()
    if not is_warm:
        is_warm = True
        warm_up(paths, command["environment"], command["cwd"])
