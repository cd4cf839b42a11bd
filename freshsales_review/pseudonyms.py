"""Finds the people behind pseudonyms. It needs the key and a list of addresses.

A pseudonym cannot be reversed. This module makes the pseudonym of each address in the list, as the tap does,
and looks for it in the warehouse. The tap and the review never import one another; a test checks that both
make the same pseudonyms.
"""
# ruff: noqa: S608  -- names of schemas and tables are quoted by identifier()

import csv
import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from freshsales_review.errors import ReviewError
from freshsales_review.verify import RECEIPTS
from freshsales_review.warehouse import Warehouse, columns_of, identifier

DOMAIN = "pseudonym.invalid"
ADDRESS_DIGITS, FINGERPRINT_DIGITS = 32, 16
# The variable that the tap reads, too.
KEY_VARIABLE = "TAP_FRESHSALES_USERS_PSEUDONYM_KEY"


@dataclass(frozen=True)
class Known:
    """A person in the list."""

    address: str
    name: str | None


@dataclass(frozen=True)
class Revealed:
    """A known person, and what the access review says about them."""

    known: Known
    account: str
    status: str
    risk_score: int
    reasons: str


def key_of_environment() -> str:
    """The key in the environment; raises ReviewError if there is none."""
    key = os.environ.get(KEY_VARIABLE)
    if not key:
        raise ReviewError(f"Set {KEY_VARIABLE} to the key that the names were replaced with.")
    return key


def fingerprint_of(key: str) -> str:
    """The fingerprint of a key, as it is in receipts."""
    return _digest(key, "fingerprint", "")[:FINGERPRINT_DIGITS]


def pseudonym_of(key: str, address: str) -> str:
    """The pseudonym of an address, as the tap makes it."""
    plain = "".join(character.lower()[0] for character in address.strip())
    return f"{_digest(key, 'address', plain)[:ADDRESS_DIGITS]}@{DOMAIN}"


def known_in(path: Path) -> list[Known]:
    """The people in a CSV file: the first column with an address, and the column `name` if there is one."""
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise ReviewError(
            f"{path} cannot be read: give a CSV file in UTF-8 with an address in each line."
        ) from None
    names = next(
        (row.index("name") for row in rows[:1] if "name" in row and not any("@" in cell for cell in row)),
        None,
    )
    found = []
    for row in rows:
        address = next((cell.strip() for cell in row if "@" in cell), None)
        if address is not None:
            name = row[names].strip() if names is not None and names < len(row) else None
            found.append(Known(address, name or None))
    if not found:
        raise ReviewError(f"No address is in {path}: give a CSV file with one in each line.")
    return found


def check_key(landing: Warehouse, schema: str, key: str) -> None:
    """Raise ReviewError if the rows were loaded with another key, or with none: nobody would be found."""
    columns = columns_of(landing, schema).get(RECEIPTS, set())
    table = identifier(schema, RECEIPTS)
    found = (
        landing.query(f"select distinct pseudonym_key_fingerprint from {table}")
        if "pseudonym_key_fingerprint" in columns
        else ()
    )
    fingerprints = {row[0] for row in found} - {None}
    if not fingerprints:
        raise ReviewError(
            f"Nothing in {schema}.{RECEIPTS} was read with pseudonyms, so nothing is to be "
            "revealed: look at the report."
        )
    if fingerprint_of(key) not in fingerprints:
        raise ReviewError(
            f"The key in {KEY_VARIABLE} is not the one that the names were replaced with: set that one."
        )


def revealed(warehouse: Warehouse, marts_schema: str, key: str, known: list[Known]) -> Iterator[Revealed]:
    """Each person of the access review whose address is in the list, the highest risk first."""
    by_pseudonym = {pseudonym_of(key, one.address): one for one in known}
    review, people = (identifier(marts_schema, name) for name in ("access_review", "identities"))
    rows = warehouse.query(
        "select review.account, review.email, people.user_name, review.status, review.risk_score, "
        f"review.reasons from {review} as review left join {people} as people "
        "on review.account = people.account and review.identity_key = people.identity_key "
        "order by review.risk_score desc, review.account, review.identity_key"
    )
    for account, email, user_name, status, risk_score, reasons in rows:
        one = by_pseudonym.get(email) or by_pseudonym.get(user_name)
        if one is not None:
            yield Revealed(one, account, status, risk_score, reasons or "")


def _digest(key: str, kind: str, text: str) -> str:
    return hmac.digest(key.encode(), f"{kind}\0{text}".encode("utf-8", "surrogatepass"), "sha256").hex()
