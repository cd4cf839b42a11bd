"""The code blocks of all documents, and which of them no test runs.

A block that no test runs says so in its title, which the site shows: ```console title="Not run: why".
"""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.documents import ROOT
from tools.site import PAGES

FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>[^\n]*)\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
NOT_RUN = re.compile(r'\w+ title="Not run: [^"]+"')


@dataclass(frozen=True)
class Block:
    document: str
    line: int
    info: str
    body: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"

    @property
    def language(self) -> str:
        return self.info.partition(" ")[0]

    @property
    def is_run(self) -> bool:
        return NOT_RUN.fullmatch(self.info) is None

    def commands(self) -> Iterator[str]:
        """The lines that somebody types, without what the program answers."""
        text = self.body.replace("\\\n", " ")
        for line in text.splitlines():
            if self.language == "sh" or line.startswith("$ "):
                yield line.removeprefix("$ ")


def documents() -> list[Path]:
    return sorted([*(ROOT / "docs").glob("*.md"), *(ROOT / source for source in PAGES)])


def blocks(*languages: str) -> list[Block]:
    """All blocks, or those of some languages that are to be run."""
    found = []
    for path in documents():
        text = path.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            body = textwrap.dedent(match["body"])
            found.append(Block(str(path.relative_to(ROOT)), line, match["info"].strip(), body))
    return [one for one in found if not languages or (one.language in languages and one.is_run)]
