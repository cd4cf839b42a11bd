"""The command `freshsales-review changes`."""

import click

from freshsales_review.changes import words
from freshsales_review.changes.find import TITLES, news, titles_in
from freshsales_review.changes.since import spans
from freshsales_review.errors import ReviewError
from freshsales_review.options import (
    loader_option,
    location_of,
    marts_schema_option,
    warehouse_option,
    without_names_option,
)
from freshsales_review.terminal import printable
from freshsales_review.warehouse import open_warehouse

FORMATS = {"text": words.text, "markdown": words.markdown, "json": words.as_json}
SOMETHING_IS_NEW = 3


def _names(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (value or "").split(",") if name.strip())


@click.command("changes")
@loader_option
@warehouse_option
@marts_schema_option
@click.option(
    "--since",
    metavar="RUN|DATE",
    help="A run (its sync_id), or a time (2026-01-31, or 2026-01-31T06:00:00Z).  "
    "[default: the run before the last one]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="For a mail, a channel, or a program.",
)
@click.option(
    "--fail-on",
    metavar="FLAG,...",
    callback=_names,
    # The warehouse says which flags there are; the help is shown without one.
    help=f"End with 3 if one of these is new: is_orphaned_owner, is_admin, {', '.join(TITLES)}. "
    "End with 1 if none is known to be new, and the reads do not show it for all.",
)
@without_names_option
@click.pass_context
def changes_command(
    ctx: click.Context,
    *,
    loader: str,
    warehouse: str | None,
    marts_schema: str,
    since: str | None,
    form: str,
    fail_on: tuple[str, ...],
    without_names: bool,
) -> None:
    """Say what is new since a run or a date. Nothing is sent.

    It tells new orphaned owners and administrators, decisions that are undone or overdue, and reads that
    failed. Only complete reads show what has changed. If they do not show it, the answer is "not known".
    """
    with open_warehouse(location_of(loader, warehouse)) as opened:
        titles = titles_in(opened, marts_schema)
        if unknown := sorted({*fail_on} - {*titles}):
            raise click.BadParameter(
                f"there is no {', '.join(unknown)}; these are: {', '.join(titles)}.",
                ctx=ctx,
                param_hint="--fail-on",
            )
        found = [news(opened, marts_schema, titles, span) for span in spans(opened, marts_schema, since)]
    if not found:
        raise ReviewError("No run is in the warehouse yet: load first.")
    shown = [words.without_names(one) for one in found] if without_names else found
    click.echo(FORMATS[form](shown))
    if any(one.new[flag] for one in found for flag in fail_on):
        ctx.exit(SOMETHING_IS_NEW)
    not_known = [
        f"{flag} of {one.span.account}: {one.not_told.get(flag, 'it was not read then')}"
        for one in found
        for flag in fail_on
        if flag in one.not_told or one.perhaps.get(flag)
    ]
    if not_known:
        raise ReviewError(
            f"Whether anything is new is not known ({printable('; '.join(not_known))}): run the job again, "
            "until the reads are complete."
        )
