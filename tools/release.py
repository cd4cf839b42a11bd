"""`make release-check TAG=v1.2.3`: checks whether the commit is ready to be that release.

The version is the tag: pyproject.toml reads it from Git. Only the changelog is written by hand.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
TAG = re.compile(r"v(?P<version>\d+\.\d+\.\d+)")
SECTION = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<day>.+))?$", re.MULTILINE)


def problems(tag: str, changelog: str, today: date) -> Iterator[str]:
    """Yield the reasons why a tag cannot be released with this changelog."""
    named = TAG.fullmatch(tag)
    if named is None:
        yield f"The tag {tag} is no version: name it as v1.2.3."
        return
    version = named["version"]
    heads = list(SECTION.finditer(changelog))
    ends = [head.start() for head in heads[1:]] + [len(changelog)]
    texts = {head["name"]: changelog[head.end() : end].strip() for head, end in zip(heads, ends, strict=True)}
    names = [head["name"] for head in heads]
    if names[:1] != ["Unreleased"]:
        yield "CHANGELOG.md does not begin with a section [Unreleased]: add an empty one."
    if texts.get("Unreleased"):
        yield f"[Unreleased] of CHANGELOG.md is not empty: move its lines to a section [{version}]."
    if names[1:2] != [version]:
        yield f"The first section after [Unreleased] in CHANGELOG.md is not [{version}]: write it."
        return
    if len(set(names)) < len(names):
        yield "CHANGELOG.md has two sections of one name: put them together."
    if not texts[version]:
        yield f"The section [{version}] of CHANGELOG.md is empty: say what is new."
    day = heads[1]["day"] or ""
    if not _is_day(day, today):
        yield f"The section [{version}] of CHANGELOG.md needs its day: ## [{version}] - {today.isoformat()}."


def _is_day(text: str, today: date) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text and date.fromisoformat(text) <= today
    except ValueError:
        return False


def _uncommitted() -> Iterator[str]:
    changed = subprocess.run(
        ["git", "status", "--porcelain"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    if changed:
        yield "Not everything is committed: what is not would not be in the release."


def main(arguments: list[str]) -> int:
    if not arguments or not arguments[0]:
        print("Name the tag: make release-check TAG=v1.2.3", file=sys.stderr)  # noqa: T201
        return 2
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = [*problems(arguments[0], changelog, date.today()), *_uncommitted()]  # noqa: DTZ011 - a day as people write it
    for problem in found:
        print(problem, file=sys.stderr)  # noqa: T201
    if not found:
        print(f"Ready to be tagged as {arguments[0]}.")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
