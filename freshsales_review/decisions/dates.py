"""Reads the time of a decision in the forms in which spreadsheets write dates."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = (
    r"(?:[T,\s]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?"
)
_NAME = r"(?P<name>[a-z]{3})[a-z]*\.?"
FORMS = tuple(
    re.compile(form + _TIME, re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4}|\d{2})",
        r"(?P<one>\d{1,2})[-/](?P<other>\d{1,2})[-/](?P<year>\d{4}|\d{2})",
        rf"(?P<day>\d{{1,2}})\.?[-\s]{_NAME}[-,\s]+(?P<year>\d{{4}}|\d{{2}})",
        rf"{_NAME}\s(?P<day>\d{{1,2}}),?\s(?P<year>\d{{4}})",
    )
)
# A time without a zone may be from any zone.
ZONES = timedelta(hours=14)
DAY = timedelta(days=1)


def moment_of(text: str, *, earliest: datetime, latest: datetime) -> datetime:
    """The time in UTC without a zone; the beginning of the day if only a day is given.

    `10/5/2026` may be in October or in May. A time before the read of the decision, or in the future, is
    ruled out. Raises a ValueError that says what is wrong, also if both are possible.
    """
    found = set(_readings(text))
    if not found:
        raise ValueError("the date in decided_at cannot be read: write it as 2026-12-31.")
    meant = [moment for moment in found if earliest - DAY <= moment <= latest + ZONES]
    if not meant:
        raise ValueError("decided_at lies before the read that the row rests on, or in the future.")
    if len(meant) > 1:
        raise ValueError("decided_at may be of two months: write the date as 2026-12-31.")
    return meant[0]


def _readings(text: str) -> Iterator[datetime]:
    for form in FORMS:
        if (found := form.fullmatch(text.strip())) is None:
            continue
        parts = found.groupdict()
        if "one" in parts:
            dates = [(parts["one"], parts["other"]), (parts["other"], parts["one"])]
        else:
            name = (parts.get("name") or "").lower()
            month = str(MONTHS.index(name) + 1) if name in MONTHS else parts.get("month") or "0"
            dates = [(month, parts["day"])]
        for (month, day), year in product(dates, [parts["year"]]):
            try:
                yield _moment(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day), parts)  # noqa: PLR2004
            except (ValueError, OverflowError):
                continue


def _moment(year: int, month: int, day: int, parts: dict[str, str | None]) -> datetime:
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    if parts["half"]:
        if not 1 <= hour <= 12:  # noqa: PLR2004
            raise ValueError
        hour = hour % 12 + (12 if parts["half"].lower() == "p" else 0)
    zone = parts["zone"] or "Z"
    moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC).replace(tzinfo=None)
    if zone.upper() in {"Z", "UTC"}:
        return moment
    digits = zone[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return moment - offset if zone[0] == "+" else moment + offset
