"""The dbt project that the package brings; that the package installs is in tests/test_release.py."""

import zipfile
from pathlib import Path

import pytest

from tests.pipeline.commands import ROOT, start

UV = ROOT / ".venv/bin/uv"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = start([UV, "build", "--quiet", "--wheel", "--out-dir", folder, ROOT])
    assert built.returncode == 0, built.stderr
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Away from where the tests look for credentials: the sandbox's own code has them."""
    return tmp_path_factory.mktemp("installed")


def test_the_dbt_project_of_the_wheel_is_found_where_there_is_none(wheel: Path, folder: Path) -> None:
    """As in a Meltano project that has added the plugins and nothing else."""
    package = folder / "package"
    zipfile.ZipFile(wheel).extractall(package)
    review = ROOT / ".meltano/utilities/freshsales-review/venv/bin/freshsales-review"
    here = folder / "here"
    (here / "output").mkdir(parents=True)
    listed = start(
        [review, "dbt", "ls", "--quiet", "--resource-type", "model"],
        cwd=here,
        environment={"PYTHONPATH": str(package)},
    )
    assert listed.returncode == 0, listed.stderr + listed.stdout
    models = {line.rpartition(".")[2] for line in listed.stdout.splitlines()}
    assert models >= {
        path.stem for path in (ROOT / "transform/models").rglob("*.sql") if "idp" not in str(path)
    }
    # dbt has written nothing into the package.
    assert not [path for path in package.rglob("*") if path.name in {"target", "logs"}]
    assert (here / "output/dbt").is_dir()
