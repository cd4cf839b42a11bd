"""A user who owns nothing, and may read only what everybody may.

A test that runs as root may write anywhere. What it starts as this user may not. Where they do not run as
root, nobody else can be started: then it is the user of the tests, whom permissions bind anyway.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# The user that Linux names `nobody`. It needs no entry in /etc/passwd.
NOBODY = 65534
IS_ROOT = os.geteuid() == 0
PLACES = """
import json, sys, sysconfig
paths = sysconfig.get_paths()
print(json.dumps({
    "program": getattr(sys, "_base_executable", sys.executable),
    "standard": sorted({paths["stdlib"], paths["platstdlib"]}),
    "packages": sorted({paths["purelib"], paths["platlib"]}),
    "version": f"python{sys.version_info[0]}.{sys.version_info[1]}",
    "shared": sysconfig.get_config_var("LIBDIR"),
}))
"""
# Of the standard library: what is installed beside it, and its own tests.
NOT_STANDARD = shutil.ignore_patterns("site-packages", "dist-packages", "test")
# Points to a checkout, which the other user may not be able to read.
EDITABLE = shutil.ignore_patterns("_editable_impl_*")


@dataclass(frozen=True)
class AnotherUser:
    """Runs programs with a Python of `folder`, all of which everybody may read."""

    folder: Path
    python: Path
    number: int = NOBODY if IS_ROOT else os.geteuid()

    def run(
        self, *arguments: str | Path, environment: Mapping[str, str], cwd: Path
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [self.python, *arguments],
            env={"LD_LIBRARY_PATH": str(self.folder / "lib"), **environment},
            cwd=cwd,
            user=NOBODY if IS_ROOT else None,
            group=NOBODY if IS_ROOT else None,
            extra_groups=[] if IS_ROOT else None,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def own_folder(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        if IS_ROOT:
            os.chown(folder, NOBODY, NOBODY)
        return folder


@contextmanager
def another_user(python: Path) -> Iterator[AnotherUser]:
    """Let another user run what `python` runs, though that may lie in a folder that only root may enter."""
    found = json.loads(subprocess.check_output([python, "-c", PLACES], text=True))
    # The folders of pytest are root's alone, and another test may have left files private.
    with _readable_by_all(), tempfile.TemporaryDirectory(prefix="another-user-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        library = folder / "lib" / found["version"]
        for standard in found["standard"]:
            _share_tree(Path(standard), library, NOT_STANDARD)
        for packages in found["packages"]:
            _share_tree(Path(packages), library / "site-packages", EDITABLE)
        for shared in Path(found["shared"]).glob("libpython*.so*"):
            shutil.copy(shared, folder / "lib")
        (folder / "bin").mkdir()
        program = folder / "bin" / "python3"
        shutil.copy(os.path.realpath(found["program"]), program)
        yield AnotherUser(folder, program)


@contextmanager
def _readable_by_all() -> Iterator[None]:
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def _share_tree(source: Path, target: Path, left_out: Callable[[str, list[str]], set[str]]) -> None:
    shutil.copytree(source, target, ignore=left_out, copy_function=_share, dirs_exist_ok=True)


def _share(source: str, target: str) -> None:
    """Make the file stand in a second place; a copy takes seconds for all of them."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)
