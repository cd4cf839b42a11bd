"""What people own in the CRM: how many contacts, deals and accounts. Records are made when asked for.

Whoever loses their seat keeps what they own, as in Freshsales: nobody has reassigned it.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from freshsales_sandbox.directory import Directory

# The types that can be searched, and how an answer calls the list of each.
RECORD_TYPES = {"contact": "contacts", "deal": "deals", "sales_account": "sales_accounts"}
# Records of each type that nobody owns.
UNOWNED = 9
PAGE_SIZE = 25
# Numbers that only spread the ids.
_SPREAD = {"contact": (7_919, 390), "deal": (6_151, 160), "sales_account": (4_447, 60)}


def owned(record_type: str, owner_id: int) -> int:
    """How many records of a type this owner has: the same whenever it is asked."""
    factor, most = _SPREAD[record_type]
    return owner_id * factor // 1_000 % most


def owners_of(directory: Directory, record_type: str) -> Mapping[int, int]:
    """How many records of a type each person with a CRM id has."""
    return directory.view(
        record_type,
        lambda: {
            person.crm_id: owned(record_type, person.crm_id)
            for person in directory.people
            if person.crm_id is not None
        },
    )


def search(directory: Directory, record_type: str, owner_ids: list[Any] | None, page: int) -> dict[str, Any]:
    """One page of the records of these owners, or of all records, with their total."""
    owners = owners_of(directory, record_type)
    asked = owners if owner_ids is None else {id_: owners[id_] for id_ in owner_ids if id_ in owners}
    unowned = UNOWNED if owner_ids is None else 0
    total = sum(asked.values()) + unowned
    first = (page - 1) * PAGE_SIZE
    records = islice(_records(asked, unowned), first, first + PAGE_SIZE)
    return {
        RECORD_TYPES[record_type]: list(records),
        "meta": {"total_pages": -(-total // PAGE_SIZE), "total": total},
    }


def _records(owners: Mapping[int, int], unowned: int) -> Any:
    number = 0
    for owner_id, count in [*owners.items(), (None, unowned)]:
        for _ in range(count):
            number += 1
            yield {"id": 16_000_000_000 + number, "owner_id": owner_id, "display_name": f"Record {number}"}
