"""Writes the README.md of an evidence pack: what each file is, and how to check it."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template

from freshsales_review.evidence.tables import TABLES
from freshsales_review.report.data import Value
from freshsales_review.terminal import printable

REPORT = "The report of the account as it stood when the marts were built. It needs no network."
LEFT_OUT = """
Names and addresses of the people who were reviewed, and the notes about them, are left out. Their keys are
the same in every file. The reviewers are named.
"""


def written(
    campaigns: Sequence[Mapping[str, Value]], pages: Sequence[str], rows: Mapping[str, int], *, names: bool
) -> bytes:
    """The page, in UTF-8."""
    listed = [f"| {table.file} | {rows[table.file]:,} | {table.meaning} |" for table in TABLES]
    listed += [f"| {page} | | {REPORT} |" for page in pages]
    template = Template((files(__package__) / "README.md.template").read_text(encoding="utf-8"))
    return template.substitute(
        campaign=printable(str(campaigns[0]["campaign"])),
        accounts="\n".join(f"- {_in_words(one)}" for one in campaigns),
        files="\n".join(listed),
        left_out="" if names else LEFT_OUT,
    ).encode()


def _in_words(campaign: Mapping[str, Value]) -> str:
    closed_at = campaign["closed_at"]
    opened = f"opened at {campaign['opened_at']} by {campaign['opened_by']}"
    people = f"{campaign['people_decided']} of {campaign['people_in_scope']} people"
    grants = f"{campaign['grants_decided']} of {campaign['grants_in_scope']} grants"
    if not campaign["population_matches"]:
        verdict = "THE FROZEN LIST HAS ANOTHER HASH THAN WHEN IT WAS FROZEN"
    else:
        verdict = "everything in scope" if campaign["is_complete"] else "NOT everything in scope"
        verdict = f"{verdict} is decided, and the frozen list has its hash"
    return printable(
        f"{campaign['account']}: scope {campaign['scope']}, {opened}, "
        f"{f'closed at {closed_at}' if closed_at else 'still open'}. "
        f"{people} and {grants} are decided: {verdict}."
    )
