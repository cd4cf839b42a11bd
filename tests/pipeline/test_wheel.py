"""The package as it is installed from an index: alone, in an environment that holds nothing else."""

import json
import sys

import pytest

from tests.pipeline.commands import ROOT, start


def test_the_wheel_alone_discovers_every_stream(tmp_path_factory: pytest.TempPathFactory) -> None:
    tmp_path = tmp_path_factory.mktemp("wheel")
    uv = ROOT / ".venv/bin/uv"
    built = start([uv, "build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT])
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    environment = tmp_path / "environment"
    start([uv, "venv", "--quiet", "--no-project", "--python", sys.executable, environment]).check_returncode()
    installed = start(
        [
            uv,
            "pip",
            "install",
            "--quiet",
            "--python",
            environment / "bin/python",
            "--constraint",
            "constraints.txt",
            wheel,
        ]
    )
    assert installed.returncode == 0, installed.stderr
    discovered = start([environment / "bin/tap-freshsales-users", "--discover"], cwd=tmp_path)
    assert discovered.returncode == 0, discovered.stderr
    streams = {stream["tap_stream_id"] for stream in json.loads(discovered.stdout)["streams"]}
    assert streams == {path.stem for path in (ROOT / "schemas").glob("*.json")}
