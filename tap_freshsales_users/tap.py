"""The tap: its settings, its streams, its command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any, ClassVar

import click
from singer_sdk import Stream
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.singerlib import Catalog

from tap_freshsales_users.api.auth import secrets_of
from tap_freshsales_users.errors import ConfigurationError, Interrupted, TapError
from tap_freshsales_users.redact import redact_logs
from tap_freshsales_users.settings import SETTINGS
from tap_freshsales_users.singer.context import RECEIPTS, RunContext
from tap_freshsales_users.singer.sdk import (
    SYNC_ID,
    apply_defaults,
    keep_automatic,
    read_environment,
    with_free_objects,
)
from tap_freshsales_users.singer.streams import STREAMS
from tap_freshsales_users.singer.writer import full_output, leave_stdout
from tap_freshsales_users.validation import find_problems

CONFIG_REMEDY = (
    "Give the path of a JSON file with the settings that `--about` lists, or ENV for environment variables."
)
STATE_REMEDY = "Give the state that the last run wrote, or none to start over."
NOT_A_STATE = "The state is not a Singer state"
CATALOG_REMEDY = "Give what `--discover` printed, with your selection in it."


class TapFreshsalesUsers(RunContext):
    """Singer tap for Freshsales identities: who can get into the CRM, read whole or said not to be."""

    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS

    # -- streams

    def discover_streams(self) -> list[Stream]:
        return [stream(self) for stream in STREAMS]

    @property
    def streams(self) -> dict[str, Stream]:
        """In the order they are synced; the SDK's is alphabetical, with the receipts in the middle."""
        by_turn = sorted(super().streams.values(), key=lambda stream: STREAMS.index(type(stream)))
        return {stream.name: stream for stream in by_turn}

    def setup_mapper(self) -> None:
        # The mapper reads the catalog's own metadata, before the streams do.
        for entry in self.catalog.streams:
            keep_automatic(entry.metadata, SYNC_ID)
        super().setup_mapper()
        if self.mapper.flattening_options.enabled:
            self.mapper.register_raw_streams_from_catalog(with_free_objects(self.catalog))

    def warn_of_unknown_selections(self) -> None:
        """The SDK ignores what a catalog names and the tap does not have, and what it leaves out."""
        for entry in self.input_catalog.streams if self.input_catalog else []:
            stream = self.streams.get(entry.tap_stream_id)
            if stream is None:
                self.logger.warning(
                    "The catalog names a stream that does not exist: %s.", entry.tap_stream_id
                )
                continue
            known = stream.schema["properties"]
            if SYNC_ID not in (entry.schema.properties or {}):
                self.logger.warning(
                    "The catalog leaves %s.%s out: the warehouse cannot tell who is gone.",
                    stream.name,
                    SYNC_ID,
                )
            for column in entry.schema.properties or {}:
                if column not in known:
                    self.logger.warning(
                        "The catalog names a column that does not exist: %s.%s.", stream.name, column
                    )

    def warn_of_receipts(self) -> None:
        """They are sent whatever a catalog or a stream map says: without them nothing can be verified."""
        if self.input_catalog is not None:
            entry = self.input_catalog.get_stream(RECEIPTS)
            selection = {} if entry is None else entry.metadata.resolve_selection()
            missing = [
                column
                for column in self.streams[RECEIPTS].schema["properties"]
                if entry is not None
                and (column not in (entry.schema.properties or {}) or not selection["properties", column])
            ]
            if not selection.get((), entry is not None):
                self.logger.warning("The catalog leaves %s out: they are sent all the same.", RECEIPTS)
            elif missing:
                self.logger.warning(
                    "The catalog leaves columns of %s out (%s): they are sent all the same.",
                    RECEIPTS,
                    ", ".join(missing),
                )
        if any(fnmatchcase(RECEIPTS, pattern) for pattern in self.config.get("stream_maps") or {}):
            self.logger.warning("A stream map names %s: they are sent as they are.", RECEIPTS)
        maps_are_set = self.config.get("stream_maps") or self.mapper.flattening_options.enabled
        if self.config.get("batch_config") and maps_are_set:
            self.logger.warning(
                "Stream maps and flattening change no BATCH files: the Singer SDK writes records as they are."
            )

    # -- configuration, in sentences

    @property
    def _env_var_config(self) -> dict[str, Any]:
        return read_environment(self)

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        apply_defaults(self)
        redact_logs(secrets_of(self._config))
        problems = find_problems(self._config, self.config_jsonschema)
        if problems and raise_errors:
            raise ConfigValidationError("The configuration is not usable", errors=problems, schema={})
        return problems

    def load_state(self, state: dict[str, Any]) -> None:
        bookmarks = state.get("bookmarks", {})
        if not isinstance(bookmarks, dict) or not all(isinstance(b, dict) for b in bookmarks.values()):
            raise ConfigurationError(NOT_A_STATE, STATE_REMEDY)
        super().load_state(state)

    # -- command line

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,
        state: str | None = None,
        catalog: str | None = None,
    ) -> None:
        if about:
            with cls._sentences():
                cls.print_about(about_format)
            return
        cls.print_version(print_fn=cls.logger.info)
        with cls._sentences():
            from tap_freshsales_users.run import Run  # noqa: PLC0415 - not needed to discover

            tap = cls(
                config=config.config,
                parse_env_config=config.parse_env,
                state=None if state is None else _load_state(state),
                catalog=None if catalog is None else _load_catalog(catalog),
            )
            tap.warn_of_unknown_selections()
            tap.warn_of_receipts()
            sys.exit(Run(tap).execute())

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        with cls._sentences():
            try:
                return super().cb_config(ctx, param, value)
            except (OSError, ValueError, TypeError, RecursionError) as error:
                kind = "cannot be read" if isinstance(error, OSError) else "is not a JSON object"
                raise ConfigurationError(f"The file given with --config {kind}", CONFIG_REMEDY) from None

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        with cls._sentences():
            if value != "all":
                super().cb_test(ctx, param, value)
                return
            from tap_freshsales_users.check import Check  # noqa: PLC0415 - not needed to discover

            given = ctx.params["config"]
            tap = cls(config=given.config, parse_env_config=given.parse_env)
            sys.exit(Check(tap).execute())

    @classmethod
    def cb_discover(cls, ctx: click.Context, param: click.Option, value: bool) -> None:  # noqa: FBT001
        with cls._sentences():
            super().cb_discover(ctx, param, value)

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The SDK's, but that a file which cannot be read ends in a sentence of ours."""
        command = super().get_singer_command()
        for option in command.params:
            if isinstance(option.type, click.File):
                option.type = click.STRING
        return command

    def _handle_termination(self, signum: int, frame: Any) -> None:  # noqa: ARG002
        self.message_writer.interrupt(Interrupted(signum))

    @classmethod
    @contextmanager
    def _sentences(cls) -> Iterator[None]:
        """A user's mistake ends in a sentence and exit code 1, an interruption in 128 + signal."""
        try:
            yield
            sys.stdout.flush()
        except ConfigValidationError as error:
            for problem in error.errors:
                cls.logger.error("%s", problem)  # noqa: TRY400
            sys.exit(1)
        except TapError as error:
            cls.logger.error("%s", error)  # noqa: TRY400
            sys.exit(1)
        except OSError as error:
            if not isinstance(error, BrokenPipeError):  # whoever closes a pipe knows
                cls.logger.error("%s", full_output(error))  # noqa: TRY400
            leave_stdout()
            sys.exit(1)
        except Interrupted as interrupted:
            sys.exit(128 + interrupted.signum)


def _load_json(path: str, option: str, remedy: str) -> Any:
    try:
        with click.open_file(path, encoding="utf-8") as file:
            return json.load(file)
    except OSError:
        raise ConfigurationError(f"The file given with --{option} cannot be read", remedy) from None
    except (ValueError, RecursionError):
        raise ConfigurationError(f"The file given with --{option} is not JSON", remedy) from None


def _load_state(path: str) -> dict[str, Any]:
    document = _load_json(path, "state", STATE_REMEDY)
    if not isinstance(document, dict):
        raise ConfigurationError(NOT_A_STATE, STATE_REMEDY)
    return document


def _load_catalog(path: str) -> Catalog:
    document = _load_json(path, "catalog", CATALOG_REMEDY)
    try:
        return Catalog.from_dict({"streams": document["streams"]})
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ConfigurationError(
            "The file given with --catalog is not a Singer catalog", CATALOG_REMEDY
        ) from None
