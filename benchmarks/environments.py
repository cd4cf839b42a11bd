"""The environments of the peers, each with its own pinned versions, in a folder that git ignores."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
FOLDER = ROOT / ".venv-bench"
# DuckDB 1.1.3, which target-duckdb needs, has wheels up to Python 3.13. airbyte-cdk ends there, too.
PYTHON_BEFORE = (3, 14)
PYTHON_RANGE = ">=3.11,<3.14"
NAMES = ("plain", "dlt", "airbyte", "pyairbyte", "loader", "tools")


def build_all() -> None:
    for name in NAMES:
        _build(name)


def program(name: str, command: str = "python") -> str:
    return str(FOLDER / name / "bin" / command)


def own_program(command: str = "python") -> str:
    """Of this environment, which is that of the tap."""
    return str(Path(sys.executable).parent / command)


def _build(name: str) -> None:
    pins = HERE / "requirements" / f"{name}.txt"
    stamp = FOLDER / name / ".ready"
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"Building the environment {name}", flush=True)
    python = sys.executable if sys.version_info < PYTHON_BEFORE else PYTHON_RANGE
    uv = own_program("uv")
    folder = str(FOLDER / name)
    subprocess.run([uv, "venv", "--quiet", "--clear", "--no-project", "--python", python, folder], check=True)
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", program(name), "-r", str(pins)],
        check=True,
        cwd=ROOT,  # which `-e .` means
    )
    stamp.write_text(digest)
