"""Makes text from elsewhere safe for a terminal and a log: it cannot move the cursor or stop the command."""

from __future__ import annotations

import re
import sys
from io import TextIOWrapper

from rich.markup import escape

# Control characters (C0, C1), marks that change the direction of writing, line separators, surrogates.
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """The text on one line; an escape sequence stands for each character of UNPRINTABLE."""
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def cell(text: object) -> str:
    """The text for Rich, with its square brackets escaped: they would be markup."""
    return escape(printable(str(text)))


def show_what_can_be_shown() -> None:
    """If standard output is not UTF-8, write a question mark for each character that it does not have."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
