"""What can be wrong with the CSV file of a roster, which the loader would take or leave in silence."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
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


def problems_of(path: Path) -> list[str]:
    """Return one sentence for each problem; none of them quotes what stands in the file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_problems(file))
    except FileNotFoundError:
        return [f"There is no file at {path}: correct {VARIABLE}."]
    except OSError as error:
        return [f"{path} cannot be read ({error.strerror}): name a file that you may read."]
    except UnicodeDecodeError:
        return [f"{path} is not UTF-8: save it as CSV UTF-8."]
    except csv.Error:
        return [f"{path} is not a CSV file."]


def _problems(file: Iterator[str]) -> Iterator[str]:
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
