"""The command line: its files, its exit codes, and its errors in sentences."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import click
from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.singerlib import Catalog

from tap_freshsales_users.api.auth import secrets_of
from tap_freshsales_users.errors import ConfigurationError, Interrupted, TapError
from tap_freshsales_users.redact import redact_logs
from tap_freshsales_users.session import Session
from tap_freshsales_users.singer.catalog import warn_of_receipts, warn_of_unknown_selections
from tap_freshsales_users.singer.incremental import bookmark_of
from tap_freshsales_users.singer.sdk import apply_defaults, read_environment
from tap_freshsales_users.singer.streams import RECEIPTS
from tap_freshsales_users.singer.writer import BufferedWriter, full_output, leave_stdout
from tap_freshsales_users.validation import find_problems

CONFIG_REMEDY = (
    "Give the path of a JSON file with the settings that `--about` lists, or ENV for environment variables."
)
STATE_REMEDY = "Give the state that the last run wrote, or none to start over."
NOT_A_STATE = "The state is not a Singer state"
CATALOG_REMEDY = "Give what `--discover` printed, with your selection in it."


class CommandLineTap(Tap):
    """A tap whose command tells a user's mistake in a sentence, and holds the session of its run."""

    message_writer_class = BufferedWriter
    message_writer: BufferedWriter

    @cached_property
    def session(self) -> Session:
        return Session(self.config, self.logger)

    # -- configuration and state

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
        self.session.follow(bookmark_of(self.state, RECEIPTS).get("sync_id"))

    # -- the command

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
            warn_of_unknown_selections(tap)
            warn_of_receipts(tap)
            sys.exit(Run(tap, tap.session).execute())

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
            sys.exit(Check(tap.session).execute())

    @classmethod
    def cb_discover(cls, ctx: click.Context, param: click.Option, value: bool) -> None:  # noqa: FBT001
        with cls._sentences():
            super().cb_discover(ctx, param, value)

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The SDK's command, but for files that cannot be read: they end in a sentence of this module."""
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
            if not isinstance(error, BrokenPipeError):  # whoever closed the pipe knows of it
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
