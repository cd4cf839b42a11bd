"""Finds mistakes in the CSV file of a roster that the loader would not report; and makes its receipt.

Nothing in a CSV file says where it must end: an export that stopped after some line looks like a shorter
list. So a roster counts as a whole list only if a checksum is beside it, which the export writes after its
last row. `sha256sum roster.csv > roster.csv.sha256` makes one.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

VARIABLE = "FRESHSALES_ROSTER_FILE"
COLUMNS = (
    "employee_number",
    "email",
    "display_name",
    "department",
    "manager_email",
    "started_on",
    "left_on",
)
DATES = ("started_on", "left_on")
# What `sha256sum` writes: the hash, two characters between, and the name of the file.
CHECKSUM = re.compile(r"([0-9a-fA-F]{64})(?:[ \t]+\*?(.+))?")
RECEIPT = (
    "load_id",
    "object",
    "started_at",
    "finished_at",
    "is_complete",
    "incomplete_reason",
    "rows",
    "keys_sha256",
)


@dataclass
class Checked:
    """A roster that was read once: its problems, the people on it, and whether it is proven to be whole."""

    started_at: datetime
    problems: list[str] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    incomplete_reason: str | None = None

    def receipt(self) -> dict[str, str]:
        """The row that is loaded beside the roster. Every value is text, as in the roster."""
        moment = self.started_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        keys = b"\n".join(sorted(number.encode() for number in self.numbers))
        return {
            "load_id": moment,
            "object": "users",
            "started_at": moment,
            "finished_at": moment,
            "is_complete": str(self.incomplete_reason is None).lower(),
            "incomplete_reason": self.incomplete_reason or "",
            "rows": str(len(self.numbers)),
            "keys_sha256": hashlib.sha256(keys).hexdigest(),
        }


def checked(path: Path) -> Checked:
    """Read a roster. Each problem is one sentence, and none repeats a value of the file."""
    found = Checked(datetime.now(UTC))
    try:
        content = path.read_bytes()
        text = io.StringIO(content.decode("utf-8-sig"), newline="")
        found.problems += _problems(text, found.numbers)
    except FileNotFoundError:
        found.problems.append(f"There is no file at {path}: correct {VARIABLE}.")
    except OSError as error:
        found.problems.append(f"{path} cannot be read ({error.strerror}): name a file that you may read.")
    except UnicodeDecodeError:
        found.problems.append(f"{path} is not UTF-8: save it as CSV UTF-8.")
    except csv.Error:
        found.problems.append(f"{path} is not a CSV file.")
    else:
        _check_the_end(path, content, found)
    return found


def write_receipt(path: Path, found: Checked) -> None:
    """Write the receipt as a CSV file of one row, for the loader of the roster."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, RECEIPT)
        writer.writeheader()
        writer.writerow(found.receipt())


def _check_the_end(path: Path, content: bytes, found: Checked) -> None:
    """Compare the file with the checksum beside it. Without a checksum, nothing says where the file ends."""
    beside = path.with_name(f"{path.name}.sha256")
    try:
        said = CHECKSUM.fullmatch(beside.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        found.incomplete_reason = f"no {beside.name} is beside the file, and nothing else says where it ends"
        return
    except (OSError, UnicodeDecodeError):
        said = None
    if said is None:
        found.problems.append(
            f"{beside} is not what sha256sum writes of one file: make it anew, after the export."
        )
    elif said[1].lower() != hashlib.sha256(content).hexdigest():
        found.problems.append(
            f"{path} is not the file that {beside.name} was made of: it was cut, changed or replaced since. "
            "Export both again."
        )


def _problems(file: Iterator[str], numbers: set[str]) -> Iterator[str]:
    reader = csv.reader(file, delimiter=",", quotechar='"', strict=True)
    header = next(reader, [])
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        yield (
            f"The first line does not name {', '.join(missing)}: it has to be {','.join(COLUMNS)}, with "
            "commas between them."
        )
        return
    lines_of: dict[str, int] = {}
    for cells in reader:
        line = reader.line_num
        if len(cells) != len(header):
            yield f"Line {line} has {len(cells)} columns, and the first line has {len(header)}."
            continue
        row = dict(zip(header, cells, strict=True))
        number = row["employee_number"].strip()
        if not number:
            yield f"Line {line} has no employee_number, by which a person is known again."
        elif number in lines_of:
            yield f"Line {line} has the same employee_number as line {lines_of[number]}."
        lines_of.setdefault(number, line)
        numbers.add(number)
        for column in DATES:
            if row[column] and not _is_date(row[column]):
                yield f"Line {line}: {column} is not a date such as 2026-06-15."
    if not lines_of:
        yield "The file has no row: a roster without people says that nobody works here."


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
