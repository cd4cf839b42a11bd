"""The contestants: commands that read the same two lists."""

from __future__ import annotations

import gzip
import json
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.environments import HERE, own_program, program
from benchmarks.measure import environment

PEERS = HERE / "peers"
STREAMS = ("owners", "scim_users")
# The tap always writes its receipts, which are not counted.
RECEIPTS = b'"sync_receipts"'
API_KEY = "api-key-of-the-benchmark"
SCIM_TOKEN = "scim-token-of-the-benchmark"
TAP = own_program("tap-freshsales-users")


@dataclass(frozen=True)
class Contestant:
    """`prepare` is called before each run, and is not measured."""

    name: str
    command: tuple[str, ...]
    # Whether it sends one request after another: then its wait for latency is known without measuring.
    is_sequential: bool = False
    prepare: Callable[[], object] = lambda: None
    # Where its records are after a run (by default standard output), and a text in each of their lines.
    writes_to: Path | None = None
    mark: bytes = b'"RECORD"'

    def count(self, output: Path) -> int:
        """Records of a run whose standard output went to a file."""
        if self.writes_to is None:
            lines = output.read_bytes().splitlines()
            return sum(self.mark in line and RECEIPTS not in line for line in lines)
        files = [path for stream in STREAMS for path in self.writes_to.rglob(f"{stream}.*.gz")]
        pages = [line for path in files for line in gzip.decompress(path.read_bytes()).splitlines()]
        return sum(len(json.loads(page)) for page in pages)


class Contestants:
    """Writes the files of the contestants into a folder, and gives their commands."""

    def __init__(self, server_url: str, folder: Path) -> None:
        self._folder = folder
        self._rest_url = f"{server_url}/crm/sales/api"
        self._scim_url = f"{server_url}/scim/v2"
        credentials = {
            "api_key": API_KEY,
            "scim_token": SCIM_TOKEN,
            "rest_api_url": self._rest_url,
            "scim_api_url": self._scim_url,
        }
        self._peer_config = self._write("peer.json", credentials)
        self._tap_configs = {
            in_flight: self._write(
                f"tap-{in_flight}.json", {**credentials, "domain": "acme", "max_in_flight": in_flight}
            )
            for in_flight in (1, 4, 8)
        }
        self._tap_catalog = self._write("catalog.json", self._selected_catalog())
        self._airbyte_catalog = self._write("airbyte.json", _airbyte_catalog())

    def tap(self, in_flight: int) -> Contestant:
        command = (TAP, "--config", self._tap_configs[in_flight], "--catalog", self._tap_catalog)
        return Contestant(f"this tap, {in_flight} in flight", command, is_sequential=in_flight == 1)

    def readers(self) -> list[Contestant]:
        return [
            self._plain(),
            self._dlt("dlt rest_api, extract", "extract"),
            Contestant(
                "airbyte-cdk declarative",
                (
                    *(program("airbyte", "source-declarative-manifest"), "read"),
                    *("--config", self._peer_config, "--catalog", self._airbyte_catalog),
                    *("--manifest-path", str(PEERS / "airbyte.yaml")),
                ),
                is_sequential=True,
            ),
            self._raw_limit(1),
            self._raw_limit(8),
            self.tap(1),
            self.tap(4),
            self.tap(8),
        ]

    def loads(self) -> list[Contestant]:
        return [
            self._into_duckdb("plain tap into target-duckdb", self._plain()),
            self._dlt("dlt into DuckDB", "load"),
            self._dlt_face(),
            self._behind_pyairbyte(
                "airbyte-cdk declarative behind PyAirbyte",
                ("manifest", str(PEERS / "airbyte.yaml"), self._peer_config),
            ),
            self._behind_pyairbyte(
                "this Airbyte source behind PyAirbyte",
                ("executable", program("pyairbyte", "source-freshsales-users"), self._tap_configs[8]),
            ),
            self._into_duckdb("this tap into target-duckdb", self.tap(8)),
            self._loader_alone(),
        ]

    def starts(self) -> list[Contestant]:
        return [
            Contestant("import singer_sdk", (own_program(), "-c", "import singer_sdk")),
            Contestant("--version", (TAP, "--version")),
            Contestant("--about", (TAP, "--about")),
            Contestant("--discover", (TAP, "--config", self._tap_configs[8], "--discover")),
        ]

    @property
    def warehouse(self) -> Path:
        return self._folder / "load" / "warehouse.duckdb"

    def _plain(self) -> Contestant:
        command = (program("plain"), str(PEERS / "plain_tap.py"), "--config", self._peer_config)
        return Contestant("plain singer-sdk tap", command, is_sequential=True)

    def _raw_limit(self, in_flight: int) -> Contestant:
        script = str(PEERS / "raw_limit.py")
        command = (program("tools"), script, self._rest_url, self._scim_url, str(in_flight))
        return Contestant(
            f"raw limit, {in_flight} in flight", command, is_sequential=in_flight == 1, mark=b'"id"'
        )

    def _dlt(self, name: str, verb: str) -> Contestant:
        script, folder = str(PEERS / "dlt_rest.py"), str(self._folder / "load")
        command = (program("dlt"), script, self._rest_url, self._scim_url, folder, verb)
        return Contestant(
            name,
            command,
            is_sequential=True,
            prepare=self._empty_load_folder,
            writes_to=self._folder / "load",
        )

    def _dlt_face(self) -> Contestant:
        script, folder = str(PEERS / "dlt_face.py"), str(self._folder / "load")
        command = (own_program(), script, self._rest_url, self._scim_url, folder)
        return Contestant("this dlt source into DuckDB", command, prepare=self._empty_load_folder)

    def _behind_pyairbyte(self, name: str, source: tuple[str, ...]) -> Contestant:
        script, folder = str(PEERS / "pyairbyte.py"), str(self._folder / "load")
        command = (program("pyairbyte"), script, *source, folder)
        return Contestant(name, command, prepare=self._empty_load_folder)

    def _into_duckdb(self, name: str, reader: Contestant) -> Contestant:
        # Not every sh has `pipefail`, so the rows are counted afterwards.
        pipe = f"{shlex.join(reader.command)} | {shlex.join(self._loader())}"
        return Contestant(name, ("sh", "-c", pipe), prepare=self._empty_load_folder)

    def _loader_alone(self) -> Contestant:
        """Loads what the tap wrote before: the time that no tap can save."""
        lines = self._folder / "lines.jsonl"

        def prepare() -> None:
            self._empty_load_folder()
            with lines.open("wb") as out:
                subprocess.run(
                    self.tap(8).command,
                    check=True,
                    stdout=out,
                    stderr=subprocess.DEVNULL,
                    env=environment(),
                )

        pipe = f"{shlex.join(self._loader())} < {shlex.quote(str(lines))}"
        return Contestant("target-duckdb alone, from a file", ("sh", "-c", pipe), prepare=prepare)

    def _loader(self) -> tuple[str, ...]:
        settings = {
            "filepath": str(self.warehouse),
            "default_target_schema": "freshsales",
            "add_metadata_columns": True,
            "batch_size_rows": 100_000,
        }
        return (program("loader", "target-duckdb"), "--config", self._write("loader.json", settings))

    def _empty_load_folder(self) -> None:
        shutil.rmtree(self._folder / "load", ignore_errors=True)
        (self._folder / "load").mkdir()

    def _selected_catalog(self) -> dict[str, Any]:
        command = [TAP, "--config", self._tap_configs[8], "--discover"]
        found = subprocess.run(command, check=True, capture_output=True, env=environment()).stdout
        catalog: dict[str, Any] = json.loads(found)
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                if not entry["breadcrumb"]:
                    entry["metadata"]["selected"] = stream["tap_stream_id"] in STREAMS
        return catalog

    def _write(self, name: str, content: Mapping[str, Any]) -> str:
        path = self._folder / name
        path.write_text(json.dumps(content))
        return str(path)


def _airbyte_catalog() -> dict[str, Any]:
    return {
        "streams": [
            {
                "stream": {"name": name, "json_schema": {}, "supported_sync_modes": ["full_refresh"]},
                "sync_mode": "full_refresh",
                "destination_sync_mode": "overwrite",
            }
            for name in STREAMS
        ]
    }
