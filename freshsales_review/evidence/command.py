"""The command `freshsales-review evidence`."""

from pathlib import Path

import click

from freshsales_review.evidence.folder import write_folder
from freshsales_review.evidence.pack import pack
from freshsales_review.options import loader_option, location_of, marts_schema_option, warehouse_option
from freshsales_review.terminal import printable
from freshsales_review.warehouse import open_warehouse


@click.command("evidence")
@loader_option
@warehouse_option
@marts_schema_option
@click.option("--campaign", required=True, help="The campaign that the evidence is of.")
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write: a new or empty one, or an earlier pack. Only its owner may open it.",
)
@click.option(
    "--without-names",
    is_flag=True,
    help="Leave out names and emails of the people reviewed, and the notes about them; not of the reviewers.",
)
def evidence_command(
    *,
    loader: str,
    warehouse: str | None,
    marts_schema: str,
    campaign: str,
    output: Path,
    without_names: bool,
) -> None:
    """Write a pack for an auditor: report, frozen list, decisions, outcomes, receipts, changes.

    Its README.md says what each file is and how to check it, and SHA256SUMS has the hash of each file. The
    same warehouse always gives the same bytes.
    """
    with open_warehouse(location_of(loader, warehouse)) as opened:
        files = pack(opened, marts_schema, " ".join(campaign.split()), names=not without_names)
    write_folder(output, files)
    click.echo(
        f"{printable(str(output))}: {len(files)} files; check them with `sha256sum -c SHA256SUMS` there."
    )
