"""Becomes another program that ends with its parent, even if the parent is killed by SIGKILL.

    python tether.py PARENT-PID PROGRAM ARGUMENTS...

Linux sends the signal (PR_SET_PDEATHSIG). The setting stays when this process becomes the program. On other
systems, the program goes on after its parent was killed.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, program, *arguments = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have ended before the signal was requested.
    if os.getppid() != int(parent):
        sys.exit(f"{program} was not started: the task that wanted it has ended.")
    os.execvp(program, [program, *arguments])  # noqa: S606 - no shell is what is wanted


if __name__ == "__main__":
    main()
