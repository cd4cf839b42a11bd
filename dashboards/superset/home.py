"""The folder for everything that Superset must not lose. Only its owner may read it."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ASSETS = Path(__file__).parent / "assets"


@dataclass(frozen=True)
class Login:
    username: str
    password: str


@dataclass(frozen=True)
class Home:
    folder: Path

    @property
    def published(self) -> Path:
        """The copy of the marts that the dashboard reads."""
        return self.folder / "marts.duckdb"

    @property
    def log(self) -> Path:
        return self.folder / "superset.log"

    @property
    def keys(self) -> Path:
        """A file that superset_config.py reads, too."""
        return self.folder / "keys.json"

    def open(self) -> Login:
        """Make the folder and its keys if there are none. Returns the login of the administrator."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        if not self.keys.exists():
            made = {
                "secret_key": secrets.token_urlsafe(48),
                "username": "admin",
                "password": secrets.token_urlsafe(12),
            }
            # Private from the first moment on.
            with os.fdopen(os.open(self.keys, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(made, file, indent=2)
        keys = json.loads(self.keys.read_text())
        return Login(keys["username"], keys["password"])
