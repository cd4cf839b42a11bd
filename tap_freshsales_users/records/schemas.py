"""The JSON Schema files, one for each stream. A checkout has them beside the package, a wheel inside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

_PACKAGE = Path(__file__).parent.parent
_FOLDER = next(folder for folder in (_PACKAGE / "schemas", _PACKAGE.parent / "schemas") if folder.is_dir())


def load_schema(stream: str) -> dict[str, Any]:
    """The JSON Schema of a stream, from `schemas/NAME.json`; a new copy each time."""
    text = (_FOLDER / f"{stream}.json").read_text(encoding="utf-8")
    return cast("dict[str, Any]", json.loads(text))
