"""Reads a file of decisions as spreadsheet programs save it: rows of text, numbered as the program does."""

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from freshsales_review.errors import ReviewError

COLUMNS = (
    "account",
    "identity_key",
    "grant_key",
    "sync_id",
    "population_sha256",
    "decision",
    "reviewer",
    "note",
    "decided_at",
)
DELIMITERS = (",", ";", "\t", "|")
# If the first line names the delimiter, Excel uses it and does not count it as a row.
NAMED_DELIMITER = re.compile(r"\ufeff?\"?sep=(?P<delimiter>.)\"?\r?\n", re.IGNORECASE)
# The export puts an apostrophe before a text that a spreadsheet would take for a formula: see export.js.
MADE_HARMLESS = re.compile(r"'(?=\s*[=+\-@＝＋－＠\t\r\n])")
LONGEST_CELL = 2**24


@dataclass(frozen=True)
class Line:
    """A row of the file, with its number in the spreadsheet program."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Problem:
    """What is wrong with a file or with a row of it."""

    file: str
    text: str
    row: int | None = None

    def __str__(self) -> str:
        where = self.file if self.row is None else f"{self.file}, row {self.row}"
        return f"{where}: {self.text}"


@dataclass(frozen=True)
class Sheet:
    """A file of decisions."""

    file: str
    sha256: str
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]


def read_sheet(path: Path) -> Sheet:
    """Read a file. Its `problems` say what is wrong with the whole file or with the shape of a row."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ReviewError(
            f"{path} cannot be read ({error.strerror}): name a file that you may read."
        ) from error
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        rows = _rows(_text(content))
    except ValueError as error:
        return Sheet(path.name, sha256, (), (Problem(path.name, str(error)),))
    lines, problems = _lines(path.name, rows)
    return Sheet(path.name, sha256, lines, problems)


def _text(content: bytes) -> str:
    # Excel's "Unicode text" is UTF-16. Other formats that keep all characters are UTF-8.
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise ValueError('is not UTF-8: save it as "CSV UTF-8".') from None


def _rows(text: str) -> list[list[str]]:
    if named := NAMED_DELIMITER.match(text):
        text, delimiter = text[named.end() :], named["delimiter"]
    else:
        delimiter = max(DELIMITERS, key=lambda candidate: _known_columns(text, candidate))
    csv.field_size_limit(LONGEST_CELL)
    try:
        # Strict: otherwise a quotation mark that is never closed would swallow the rows after it.
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except (csv.Error, TypeError) as error:
        raise ValueError(f"is no CSV file: {error}.") from None


def _known_columns(text: str, delimiter: str) -> int:
    header = text.splitlines()[:1]
    return len({_name(cell) for line in header for cell in line.split(delimiter)} & set(COLUMNS))


def _lines(file: str, rows: list[list[str]]) -> tuple[tuple[Line, ...], tuple[Problem, ...]]:
    header = [_name(cell) for cell in rows[0]] if rows else []
    problems = []
    if missing := [column for column in COLUMNS if column not in header]:
        problems.append(
            Problem(file, f"has no column {', '.join(missing)}; the export of the report has it.")
        )
    problems += [
        Problem(file, f"has the column {column} more than once.")
        for column in COLUMNS
        if header.count(column) > 1
    ]
    if problems:
        return (), tuple(problems)
    lines = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if any(cell.strip() for cell in row[len(header) :]):
            text = "has more cells than there are columns: is there a delimiter in a cell that is not quoted?"
            problems.append(Problem(file, text, number))
            continue
        cells = {name: cleaned(cell) for name, cell in zip(header, row, strict=False) if name}
        lines.append(Line(number, {column: "" for column in header if column} | cells))
    return tuple(lines), tuple(problems)


def _name(cell: str) -> str:
    return cell.strip().strip('"').strip("\ufeff").strip().lower()


def cleaned(cell: str) -> str:
    """The text in one form. Programs differ in line ends, in spaces, and in how they compose accents."""
    text = MADE_HARMLESS.sub("", cell, count=1) if cell.startswith("'") else cell
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    # No warehouse can store all of these: NUL, and lone surrogates.
    return re.sub("[\x00\ud800-\udfff]", "\ufffd", text).strip()
