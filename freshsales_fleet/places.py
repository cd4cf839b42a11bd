"""Where the programs, the files and the warehouse of the fleet are, by the environment of the worker."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from freshsales_fleet.errors import FleetError
from freshsales_review.places import DUCKDB, POSTGRESQL

PREFIX = "FRESHSALES_FLEET_"
SCHEMA = "freshsales"


@dataclass(frozen=True)
class Places:
    """The programs, files and folders of the fleet, and its warehouse."""

    inventory: Path
    output: Path
    """The folder of the reports; with DuckDB, also of the warehouse."""
    transform: Path
    tap: str
    loader: str
    review: str
    warehouse_connection: str | None
    """Id of the Airflow connection of PostgreSQL. None: the warehouse is DuckDB files in `output`."""

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Places:
        def said(name: str, otherwise: str) -> str:
            return environment.get(PREFIX + name) or otherwise

        connection = environment.get(f"{PREFIX}WAREHOUSE_CONNECTION") or None
        return cls(
            inventory=Path(said("INVENTORY", "accounts.yml")),
            output=Path(said("OUTPUT", "output/fleet")).absolute(),
            transform=Path(said("TRANSFORM", "transform")).absolute(),
            tap=said("TAP", _beside("tap-freshsales-users")),
            loader=said("LOADER", POSTGRESQL if connection else DUCKDB),
            review=said("REVIEW", "freshsales-review"),
            warehouse_connection=connection,
        )

    @property
    def is_postgresql(self) -> bool:
        return self.warehouse_connection is not None

    @property
    def loader_name(self) -> str:
        return POSTGRESQL if self.is_postgresql else DUCKDB

    @property
    def landing(self) -> Path:
        """With DuckDB: the file that only the loader writes."""
        return self.output / "landing.duckdb"

    @property
    def marts(self) -> Path:
        """With DuckDB: the file that dbt builds."""
        return self.output / "warehouse.duckdb"

    @property
    def overview(self) -> Path:
        return self.output / "fleet.html"

    @property
    def expected(self) -> Path:
        """A file with the accounts that this run had to read, for the overview."""
        return self.output / "inventory.json"

    @property
    def pages(self) -> Path:
        return self.output / "accounts"

    @property
    def spools(self) -> Path:
        return self.output / "spool"

    def spool(self, run: str) -> Path:
        """With DuckDB: the folder with the output of the tap for each account, of one run."""
        return self.spools / "".join(c if c.isalnum() or c in "-_." else "_" for c in run)

    def check(self) -> None:
        """Raise a FleetError if a program or the dbt project is missing."""
        for name, program in (("TAP", self.tap), ("LOADER", self.loader), ("REVIEW", self.review)):
            if shutil.which(program) is None:
                raise FleetError(
                    f"The program {program} is not on this worker: install it, or name it in {PREFIX}{name}."
                )
        if not (self.transform / "dbt_project.yml").is_file():
            raise FleetError(
                f"There is no dbt project at {self.transform}: name the folder transform/ of this project in "
                f"{PREFIX}TRANSFORM."
            )


def _beside(program: str) -> str:
    """The program in this Python environment; if there is none, the one on the PATH."""
    found = Path(sys.executable).with_name(program)
    return str(found) if found.is_file() else program
