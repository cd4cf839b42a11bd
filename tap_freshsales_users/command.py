"""The command line: its files, its exit codes, and its errors in sentences."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any, cast

import click
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.plugin_base import SingerCommand
from singer_sdk.singerlib import Catalog

from tap_freshsales_users.api.account import resolve
from tap_freshsales_users.api.auth import secrets_of
from tap_freshsales_users.errors import Cause, ConfigurationError, Interrupted, OutputError, TapError
from tap_freshsales_users.reading import progress_bar
from tap_freshsales_users.reading.receipt import RECEIPTS
from tap_freshsales_users.redact import redact_logs
from tap_freshsales_users.session import Session
from tap_freshsales_users.singer.catalog import CatalogTap, warn_of_receipts, warn_of_unknown_selections
from tap_freshsales_users.singer.incremental import bookmark_of
from tap_freshsales_users.singer.sdk import apply_defaults, read_environment
from tap_freshsales_users.singer.writer import BufferedWriter, full_output, leave_stdout
from tap_freshsales_users.summary import Summary
from tap_freshsales_users.validation import find_problems

CONFIG_REMEDY = (
    "Give the path of a JSON file with the settings that `--about` lists, or ENV for environment variables."
)
STATE_REMEDY = "Give the state that the last run wrote, or none to start over."
NOT_A_STATE = "The state is not a Singer state"
CATALOG_REMEDY = "Give what `--discover` printed, with your selection in it."


class CommandLineTap(CatalogTap):
    """A tap that holds the session of its run, and answers a user's mistake with a sentence."""

    message_writer_class = BufferedWriter
    message_writer: BufferedWriter

    @cached_property
    def session(self) -> Session:
        return Session(self.config, self.logger, draws_progress=progress_bar.is_wanted())

    # -- configuration and state

    @property
    def _env_var_config(self) -> dict[str, Any]:
        return read_environment(self)

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        apply_defaults(self)
        redact_logs(secrets_of(self._config))
        _tell_account(self._config)
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
    def invoke(cls, **options: Any) -> None:
        context = click.get_current_context()
        # The SDK's command would end the process itself if the configuration is wrong.
        with cast("_Command", context.command).told(context.obj):
            cls._start(**options)
            context.exit()

    @classmethod
    def _start(
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,
        state: str | None = None,
        catalog: str | None = None,
        schemas: bool = False,
    ) -> None:
        if about:
            cls.print_about(about_format)
            return
        cls.print_version(print_fn=cls.logger.info)
        from tap_freshsales_users.run import Run  # noqa: PLC0415 - not needed to discover

        tap = cls(
            config=config.config,
            parse_env_config=config.parse_env,
            state=None if state is None else _load_state(state),
            catalog=None if catalog is None else _load_catalog(catalog),
        )
        warn_of_unknown_selections(tap)
        warn_of_receipts(tap)
        run = Run(tap, tap.session, _summary())
        if schemas:
            run.announce()
        else:
            run.execute()

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        try:
            return super().cb_config(ctx, param, value)
        except (OSError, ValueError, TypeError, RecursionError) as error:
            kind = "cannot be read" if isinstance(error, OSError) else "is not a JSON object"
            raise ConfigurationError(f"The file given with --config {kind}", CONFIG_REMEDY) from None

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        if value != "all":
            super().cb_test(ctx, param, value)
            return
        from tap_freshsales_users.check import Check  # noqa: PLC0415 - not needed to discover

        given = ctx.params["config"]
        tap = cls(config=given.config, parse_env_config=given.parse_env)
        Check(tap.session, _summary()).execute()
        ctx.exit()

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The SDK's command. However it ends, it ends with a sentence and an exit code of this module."""
        made = super().get_singer_command()
        for option in made.params:
            if isinstance(option.type, click.File):
                option.type = click.STRING
        schemas = click.Option(
            ["--schemas"],
            is_flag=True,
            help="Write the SCHEMA messages of the selected streams only, for the loader to create its "
            "tables. Asks nothing of the API.",
        )
        summary = click.Option(
            ["--summary"],
            expose_value=False,
            metavar="FILE",
            help="Write how it ended to this file, as JSON.",
        )
        return _Command(
            name=made.name,
            callback=made.callback,
            context_settings=made.context_settings,
            help=made.help,
            params=[*made.params, schemas, summary],
            logger=cls.logger,
        )

    def _handle_termination(self, signum: int, frame: Any) -> None:  # noqa: ARG002
        self.message_writer.interrupt(Interrupted(signum))


class _Command(SingerCommand):
    """Tells how the command ended: in a sentence, by the exit code, and in the summary."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.obj = summary = Summary()
        # Find --summary before the other options are parsed: any of them may be wrong.
        parser = self.make_parser(ctx)
        parser.ignore_unknown_options = True
        given, _, _ = parser.parse_args(list(args))
        with self.told(summary):
            if given.get("summary"):
                summary.begin(given["summary"])
            if sys.stdout is None:
                raise OutputError(
                    "Standard output is closed", "Send it to a loader or to a file, and run again."
                )
            return super().parse_args(ctx, args)

    @contextmanager
    def told(self, summary: Summary) -> Iterator[None]:
        """Turn what ends the body into an exit code. A body that ends normally goes on."""
        try:
            yield
        except (click.exceptions.Exit, ConfigValidationError, TapError, OSError, Interrupted) as end:
            self._note(summary, end)
            self._let_go(summary)
            sys.exit(summary.exit_code)
        except BaseException as error:
            is_usage = isinstance(error, click.UsageError)
            summary.note(Cause.CONFIGURATION if is_usage else Cause.INCOMPLETE)
            with suppress(OutputError):
                summary.write()
            raise

    def _note(self, summary: Summary, end: BaseException) -> None:
        """Log what is wrong in a sentence, and note its cause."""
        match end:
            case ConfigValidationError():
                for problem in end.errors:
                    self.logger.error("%s", problem)
                summary.note(Cause.CONFIGURATION)
            case TapError():
                self.logger.error("%s", end)
                summary.add(end)
            case OSError():
                if not isinstance(end, BrokenPipeError):  # a reader that closed the pipe knows why
                    self.logger.error("%s", full_output(end))
                leave_stdout()
                summary.note(Cause.OUTPUT)
            case Interrupted():
                summary.interrupt(end)

    def _let_go(self, summary: Summary) -> None:
        """Flush standard output, then write the summary, which tells whether all output was taken."""
        try:
            if sys.stdout is not None:
                sys.stdout.flush()
        except OSError as error:
            self._note(summary, error)
        try:
            summary.write()
        except OutputError as error:
            self._note(summary, error)


def _summary() -> Summary:
    summary: Summary = click.get_current_context().obj
    return summary


def _tell_account(config: Mapping[str, Any]) -> None:
    """Write the account into the summary, even if another setting is wrong."""
    context = click.get_current_context(silent=True)
    if context is not None and isinstance(config.get("domain"), str):
        with suppress(ConfigurationError):
            context.obj.account = resolve(config["domain"]).name


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
