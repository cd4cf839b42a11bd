"""What is wrong with a configuration, in sentences. They never repeat a value, which may be a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from tap_freshsales_users.api.account import resolve
from tap_freshsales_users.api.auth import VISIBLE_ASCII
from tap_freshsales_users.api.surface import KINDS
from tap_freshsales_users.errors import ConfigurationError
from tap_freshsales_users.records.coercion import UncoercibleError, to_date_time
from tap_freshsales_users.tables.tables import TABLES

# A key of this many characters cannot be found by trying all keys.
SHORTEST_KEY = 32


def find_problems(config: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """The problems, a sentence each; empty if the run can start."""
    validator = Draft202012Validator(schema)
    problems = [_sentence(error, schema) for error in validator.iter_errors(dict(config))]
    return problems or [
        *_credential_problems(config),
        *_required_problems(config),
        *_consistency_problems(config),
    ]


def _sentence(error: Any, schema: Mapping[str, Any]) -> str:
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return f"`{'`, `'.join(missing)}` is missing: set it."
    path = [str(part) for part in error.absolute_path]
    setting = path[0] if path else ""
    shape = schema["properties"].get(setting, {})
    if shape and (len(path) == 1 or "items" in shape):
        return f"`{setting}` must be {_wanted(shape)}."
    where = ".".join(path) or "config"
    return f"`{where}` does not have the shape that `--about` describes ({error.validator})."


def _wanted(shape: Mapping[str, Any]) -> str:
    if "enum" in shape:
        return " or ".join(f"`{value}`" for value in shape["enum"])
    types = shape.get("type", "string")
    if "items" in shape:
        return "an array of names"
    names = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}
    kind = next(
        (names.get(t, t) for t in (types if isinstance(types, list) else [types]) if t != "null"), "text"
    )
    if shape.get("format") == "date-time":
        return "a date-time with its offset, such as 2026-01-31T00:00:00Z"
    if "minimum" in shape and "maximum" in shape:
        return f"{kind} from {shape['minimum']} to {shape['maximum']}"
    if "minimum" in shape:
        return f"{kind}, {shape['minimum']} or more"
    if "exclusiveMinimum" in shape:
        return f"{kind} above {shape['exclusiveMinimum']}"
    return str(kind)


def _credential_problems(config: Mapping[str, Any]) -> list[str]:
    if not any(config.get(kind.credential_setting) for kind in KINDS):
        return [
            "No credential: set `api_key` for the REST streams, `scim_token` for the SCIM streams, or both."
        ]
    return [
        f"`{name}` has characters that no credential has, such as a space or a line break: copy it anew."
        for name in (*(kind.credential_setting for kind in KINDS), "pseudonym_key")
        if config.get(name) and not VISIBLE_ASCII.fullmatch(config[name])
    ]


def _required_problems(config: Mapping[str, Any]) -> list[str]:
    known = {table.name: table.source.setting for table in TABLES}
    required = config.get("required_streams") or []
    if not known.keys() >= set(required):
        return [f"`required_streams` names a stream that does not exist; these do: {', '.join(known)}."]
    lacking = [
        f"`required_streams` names {name}, but `{known[name]}`, which it is read with, is not set: set it."
        for name in required
        if not config.get(known[name])
    ]
    off = [
        f"`required_streams` names {table.name}, but `{table.switch}` is `none`: set it."
        for table in TABLES
        if table.name in required and not table.is_on(config)
    ]
    return lacking + off


def _consistency_problems(config: Mapping[str, Any]) -> list[str]:
    problems = []
    try:
        resolve(config["domain"], config.get("rest_api_url"), config.get("scim_api_url"))
    except ConfigurationError as error:
        problems.append(str(error))
    if config["quota_reserve"] >= config["requests_per_hour"]:
        problems.append("`quota_reserve` leaves nothing of `requests_per_hour`: lower it.")
    # An empty key is refused as well: the user who set it does not want names to be sent.
    if config.get("pseudonym_key") is not None and len(config["pseudonym_key"]) < SHORTEST_KEY:
        problems.append(
            f"`pseudonym_key` is too short: give {SHORTEST_KEY} characters or more, such as "
            "`openssl rand -hex 32` prints."
        )
    if config.get("start_date"):
        try:
            to_date_time(config["start_date"])
        except UncoercibleError:
            problems.append("`start_date` must be a date-time with its offset, such as 2026-01-31T00:00:00Z.")
    if not re.fullmatch(r"[ -~]+", config["user_agent"]):
        problems.append("`user_agent` must be plain ASCII text.")
    return problems
