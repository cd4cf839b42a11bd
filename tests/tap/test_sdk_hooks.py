"""What the tap uses of the SDK's private parts, held against the SDK release that is installed."""

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from singer_sdk import Stream, Tap
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.encoding.base import GenericSingerWriter

import tap_freshsales_users
from tap_freshsales_users.singer import sdk
from tap_freshsales_users.singer.sdk import PageStream
from tap_freshsales_users.tap import TapFreshsalesUsers
from tests.tap.running import run_tap

PACKAGE = Path(tap_freshsales_users.__file__).parent
# The modules whose classes are the SDK's.
MODULES = ("singer/sdk", "singer/catalog", "singer/streams", "command", "tap")
NAMED = set(re.findall(r"`(?:\w+\.)?(_\w+)`", sdk.__doc__ or ""))

# Every private method: where it is, and how it is called.
METHODS: dict[str, tuple[type, list[str]]] = {
    "_write_activate_version_message": (Stream, ["self", "full_table_version"]),
    "_finalize_state": (Stream, ["self", "state=None"]),
    "_write_schema_message": (Stream, ["self"]),
    "_generate_record_messages": (Stream, ["self", "record"]),
    "_write_record_message": (Stream, ["self", "record"]),
    "_write_batch_message": (Stream, ["self", "encoding", "manifest"]),
    "_write_state_message": (Stream, ["self"]),
    "_write_starting_replication_value": (Stream, ["self", "context"]),
    "_increment_stream_state": (Stream, ["self", "latest_record", "*context=None"]),
    "_validate_config": (Tap, ["self", "*raise_errors=True"]),
    "_reset_state_progress_markers": (Tap, ["self"]),
    "_handle_termination": (Tap, ["self", "signum", "frame"]),
}
ATTRIBUTES = {"_tap", "_stream_version", "_initialized_at", "_config", "_env_var_config", "_env_var_prefix"}


def parameters(function: Callable[..., Any]) -> list[str]:
    """A star before those that go by name alone, and the default behind those that have one."""
    return [
        f"{'*' if p.kind is p.KEYWORD_ONLY else ''}{name}{'' if p.default is p.empty else f'={p.default}'}"
        for name, p in inspect.signature(function).parameters.items()
    ]


def test_the_docstring_names_all_that_is_held_against_the_sdk_here() -> None:
    assert METHODS.keys() | ATTRIBUTES == NAMED


@pytest.mark.parametrize("name", METHODS)
def test_the_sdk_still_has_the_private_method_as_it_is_used(name: str) -> None:
    owner, expected = METHODS[name]
    assert parameters(getattr(owner, name)) == expected


def test_the_sdk_still_has_the_private_attributes(tmp_path: Path) -> None:
    catalog = run_tap({"domain": "acme"}, tmp_path, "--discover")
    assert catalog.exit_code == 0
    tap = TapFreshsalesUsers(config={"domain": "acme"}, validate_config=False)
    stream = tap.streams["scim_users"]
    assert isinstance(tap._config, dict)  # noqa: SLF001
    assert stream._tap is tap  # noqa: SLF001
    assert "_env_var_config" in private_names(Tap)
    assert tap._env_var_prefix == "TAP_FRESHSALES_USERS_"  # noqa: SLF001
    assert stream._stream_version is None  # noqa: SLF001
    assert isinstance(stream._initialized_at, int)  # noqa: SLF001


def test_nothing_private_of_the_sdk_is_used_but_what_the_docstring_names() -> None:
    privates = {name for owner in (Stream, Tap) for name in private_names(owner)}
    for module in MODULES:
        tree = ast.parse((PACKAGE / f"{module}.py").read_text())
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        used |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert used & privates <= NAMED, f"{module}.py uses what sdk.py does not explain"


def private_names(owner: type) -> set[str]:
    """Methods, and what methods set on the instance."""
    names = set(dir(owner))
    for base in owner.__mro__:
        if base.__module__.startswith("singer_sdk"):
            names |= set(re.findall(r"self\.(_\w+)(?:: [^=\n]+)? = ", inspect.getsource(base)))
    return {name for name in names if name.startswith("_") and not name.startswith("__")}


def test_the_public_hooks_that_the_tap_rests_on_are_there() -> None:
    assert Stream.TYPE_CONFORMANCE_LEVEL is not TypeConformanceLevel.NONE
    assert PageStream.TYPE_CONFORMANCE_LEVEL is TypeConformanceLevel.NONE
    assert inspect.isabstract(GenericSingerWriter)
    assert hasattr(Tap, "message_writer_class")
    assert isinstance(Tap.streams, property)
    assert not getattr(Tap.invoke, "__final__", False)


def test_the_sdk_calls_activate_version_before_the_first_record() -> None:
    """That it does is why the hook is emptied; where it stops doing so, the override is needless."""
    source = inspect.getsource(Stream.sync)
    assert source.index("_write_activate_version_message") < source.index("_sync_records")
