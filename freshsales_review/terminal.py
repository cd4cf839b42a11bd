"""Text of others on a terminal or in a log: it may neither move the cursor nor stop the command."""

from __future__ import annotations

import re
import sys
from io import TextIOWrapper

from rich.markup import escape

# C0 and C1 controls, marks and overrides of the direction of writing, separators of lines, surrogates.
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """The text on one line, with an escape in place of each character that would not be shown as it is."""
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def cell(text: object) -> str:
    """The text for Rich, which takes square brackets for markup."""
    return escape(printable(str(text)))


def show_what_can_be_shown() -> None:
    """Standard output that is not UTF-8 gets a question mark for what it does not have."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
