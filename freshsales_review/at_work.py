"""What a command says of itself while somebody waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

import click

# A command that has not ended by then says what it does.
TELL_AFTER_SECONDS = 3


class TellingGroup(click.Group):
    """Commands of which each says on stderr what it does, if it takes longer than a few seconds."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            does = command.get_short_help_str(limit=200)
            ctx.with_resource(_telling(f"{ctx.command_path} {name} is at work: {does[:1].lower()}{does[1:]}"))
        return name, command, rest


@contextmanager
def _telling(what: str) -> Iterator[None]:
    timer = Timer(TELL_AFTER_SECONDS, click.echo, [what], {"err": True})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
