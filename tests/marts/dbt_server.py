"""`dbt` and `freshsales-review`, imported once: each command runs in a child of this process.

The import takes two seconds, and the tests run more than a hundred commands. The server reads one JSON object
a line: the parameters of `run`, and `paths`, the options that tell dbt where the project is, or null. It runs
that command with its standard output and error in the files `output` and `errors`, and prints its exit code.
"""

import gc
import json
import os
import signal
import sys

from dbt.cli.main import cli, dbtRunner

from freshsales_review.cli import main

PROGRAMS = {"dbt": cli, "freshsales-review": main}
# A command that hangs is ended.
SECONDS = 240


def run(
    program: str, arguments: list[str], environment: dict[str, str], cwd: str, output: str, errors: str
) -> int:
    """Run a command as if a shell had started it, and return its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    signal.alarm(SECONDS)
    code = 70
    try:
        for number, path in ((1, output), (2, errors)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND), number)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(cwd)
        PROGRAMS[program](arguments, prog_name=program, standalone_mode=True)
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
    if paths and not is_warm:
        is_warm = True
        warm_up(paths, command["environment"], command["cwd"])
