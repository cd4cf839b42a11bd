"""Makes the tables of docs/, the settings of meltano.yml and the definitions in hub/ from the code.

`make docs` writes them. A test fails if they are not up to date.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tap_freshsales_users.errors import Cause
from tap_freshsales_users.records.personal import TREATMENTS, left_out, replaced
from tools import errors
from tools.hub import definitions

ROOT = Path(__file__).parents[1]
TAP = Path(sys.executable).parent / "tap-freshsales-users"


def documents() -> dict[Path, str]:
    """Every document with a generated part, with the text that it should have."""
    about = json.loads(_tap("--about", "--format=json"))
    settings: dict[str, dict[str, Any]] = about["settings"]["properties"]
    required: list[str] = about["settings"].get("required", [])
    pages = {name: ROOT / f"docs/{name}.md" for name in ("streams", "settings")}
    pipeline = ROOT / "meltano.yml"
    tables = {"streams": _streams_table(), "settings": _settings_table(settings, required)}
    made = {
        page: _between(page.read_text(), f"<!-- {name}: made by `make docs` -->", tables[name])
        for name, page in pages.items()
    }
    settings_page = pages["settings"]
    made[settings_page] = _between(
        made[settings_page], "<!-- exit-codes: made by `make docs` -->", _exit_codes_table()
    )
    plugin = _between(
        pipeline.read_text(), "    # settings: made by `make docs`", _meltano_settings(settings)
    )
    errors_page = ROOT / "docs/errors.md"
    made[errors_page] = _between(
        errors_page.read_text(), "<!-- errors: made by `make docs` -->", errors.tables()
    )
    security = ROOT / "SECURITY.md"
    personal = _between(security.read_text(), "<!-- personal: made by `make docs` -->", _personal_table())
    hub = {ROOT / path: text for path, text in definitions(plugin, about).items()}
    return {**made, pipeline: plugin, security: personal, **hub}


def _streams_table() -> str:
    lines = ["| stream | what a row is | key |", "|---|---|---|"]
    for stream in json.loads(_tap("--discover"))["streams"]:
        name = stream["tap_stream_id"]
        schema = json.loads((ROOT / "schemas" / f"{name}.json").read_text())
        key = ", ".join(f"`{column}`" for column in stream["key_properties"])
        lines.append(f"| [`{name}`](../schemas/{name}.json) | {schema['title']} | {key} |")
    return "\n".join(lines)


def _personal_table() -> str:
    lines = [
        "| stream | replaced by pseudonyms | left out with pseudonyms | stays as it is |",
        "|---|---|---|---|",
    ]
    for name in TREATMENTS:
        columns = json.loads((ROOT / "schemas" / f"{name}.json").read_text())["properties"]
        hidden, dropped = replaced(name), left_out(name)
        parts = [
            [column for column in columns if column in hidden],
            [column for column in columns if column in dropped],
            [column for column in columns if column not in hidden | dropped],
        ]
        cells = [", ".join(f"`{column}`" for column in part) for part in parts]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _exit_codes_table() -> str:
    lines = [
        "| exit code | class | what is wrong, and who can help |",
        "|---|---|---|",
        "| 0 | `ok` | nothing |",
    ]
    lines += [f"| {cause.exit_code} | `{cause.word}` | {cause.meaning} |" for cause in Cause]
    return "\n".join(lines)


def _settings_table(settings: dict[str, dict[str, Any]], required: list[str]) -> str:
    lines = ["| setting | default | |", "|---|---|---|"]
    for name, setting in settings.items():
        default = f"`{setting['default']}`".replace("`False`", "`false`") if "default" in setting else ""
        default = "required" if name in required else "secret" if setting.get("secret") else default
        lines.append(f"| `{name}` | {default} | {_one_line(setting).replace('|', chr(92) + '|')} |")
    return "\n".join(lines)


def _meltano_settings(settings: dict[str, dict[str, Any]]) -> str:
    lines = ["    settings:"]
    for name, setting in settings.items():
        lines.append(f"    - name: {name}")
        lines.append(f"      label: {json.dumps(setting.get('title', name), ensure_ascii=False)}")
        lines.append(f"      description: {json.dumps(_one_line(setting), ensure_ascii=False)}")
        lines.append(f"      kind: {_kind(setting)}")
        if setting.get("secret"):
            lines.append("      sensitive: true")
        for option in setting.get("enum", []):
            if option == setting["enum"][0]:
                lines.append("      options:")
            lines += [f"      - label: {option}", f"        value: {option}"]
    return "\n".join(lines)


def _kind(setting: dict[str, Any]) -> str:
    if "enum" in setting:
        return "options"
    if setting.get("format") in {"date", "date-time"}:
        return "date_iso8601"
    kinds = [setting["type"]] if isinstance(setting["type"], str) else setting["type"]
    kind: str = next(kind for kind in kinds if kind != "null")
    return {"number": "decimal"}.get(kind, kind)


def _one_line(setting: dict[str, Any]) -> str:
    return " ".join(setting.get("description", "").split())


def _between(text: str, marker: str, part: str) -> str:
    """Put a part between a marker and its end, a line with the first word of the marker and `end`."""
    end = marker.partition(":")[0] + ": end" + (" -->" if marker.endswith("-->") else "")
    before, found, rest = text.partition(marker + "\n")
    _, end_found, after = rest.partition(end)
    if not (found and end_found):
        raise ValueError(f"{marker!r} or its end is missing")
    return f"{before}{marker}\n{part}\n{end}{after}"


def _tap(*arguments: str) -> str:
    return subprocess.run([TAP, *arguments], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    for path, text in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
