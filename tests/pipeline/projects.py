"""A Meltano project of a test's own, to change its settings in."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.pipeline.commands import ROOT, Finished, start

# What the copy shares with the project: nothing in them is written by a run.
SHARED = (
    "transform",
    "tap_freshsales_users",
    "freshsales_review",
    "schemas",
    "pyproject.toml",
    "constraints.txt",
)
# Variables that say where things are; a test sets those that it means.
PLACES = ("TARGET_DUCKDB_", "TARGET_POSTGRES_", "FRESHSALES_", "PG", "MELTANO_", "DBT_")


@dataclass(frozen=True)
class Project:
    folder: Path

    @classmethod
    def copied(cls, folder: Path) -> "Project":
        system = folder / ".meltano"
        system.mkdir(parents=True)
        for kind in ("extractors", "loaders", "utilities"):
            (system / kind).symlink_to(ROOT / ".meltano" / kind)
        for name in SHARED:
            (folder / name).symlink_to(ROOT / name)
        (folder / "meltano.yml").write_text((ROOT / "meltano.yml").read_text())
        (folder / "output").mkdir()
        return cls(folder)

    def configure(self, environment: str, said: Mapping[str, Mapping[str, str]]) -> None:
        """Set settings of plugins in an environment of the project."""
        plugins: dict[str, list[dict[str, object]]] = {"loaders": [], "utilities": []}
        for name, config in said.items():
            kind = "loaders" if name.startswith("target-") else "utilities"
            plugins[kind].append({"name": name, "config": config})
        environments: list[dict[str, object]] = [{"name": name} for name in {"prod", environment}]
        for one in environments:
            if one["name"] == environment:
                one["config"] = {"plugins": plugins}
        path = self.folder / "meltano.yml"
        # JSON is YAML, too.
        text = path.read_text().replace(
            "environments:\n- name: prod\n", f"environments: {json.dumps(environments)}\n"
        )
        path.write_text(text)

    def meltano(self, *arguments: str, **environment: str) -> Finished:
        own = {"MELTANO_CLI_LOG_FORMAT": "uncolored", "COLUMNS": "200", **self._dbt()}
        return self.run(str(ROOT / ".venv-meltano/bin/meltano"), *arguments, **own, **environment)

    def run(self, *command: str | Path, **environment: str) -> Finished:
        """Run a command in the project's folder, with no other places in its environment than those given."""
        bare = {name: value for name, value in os.environ.items() if not name.startswith(PLACES)}
        return start(
            ["env", "-i", *(f"{name}={value}" for name, value in (bare | environment).items()), *command],
            cwd=self.folder,
        )

    def _dbt(self) -> dict[str, str]:
        return {"DBT_TARGET_PATH": str(self.folder / "dbt"), "DBT_LOG_PATH": str(self.folder / "dbt")}
