"""Who was there at a read, and what they held. A campaign freezes that list; decisions are checked by it."""
# ruff: noqa: S608  -- names are quoted by identifier(), values are parameters

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from freshsales_review.capture import HISTORY, STAGING
from freshsales_review.warehouse import Warehouse, columns_of, identifier, require_tables

IDENTITY_HISTORY = "int_freshsales__identity_history"
GRANT_HISTORY = "int_freshsales__grant_history"

# The latest state of each person of the account $1, at its run $2.
LATEST_REVISIONS = f"""
select identity_key, max(revision) as revision
from {identifier(HISTORY, IDENTITY_HISTORY)}
where account = $1 and observation <> 'read' and sync_id <= $2
group by identity_key
"""
# Everybody who was there at that run, on one side at least; and the grants that people held.
PEOPLE = f"""
select person.identity_key, person.crm_source_id, person.scim_source_id
from {identifier(HISTORY, IDENTITY_HISTORY)} as person
join ({LATEST_REVISIONS}) as latest
    on latest.identity_key = person.identity_key and latest.revision = person.revision
where person.account = $1 and person.observation = 'state'
    and not (coalesce(person.crm_status, 'removed') = 'removed'
        and coalesce(person.scim_status, 'removed') = 'removed')
"""
GRANTS = f"""
select held.identity_key, held.grant_key, held.resource_type, held.resource_id, held.resource_name
from {identifier(HISTORY, GRANT_HISTORY)} as held
join (
    select grant_key, max(sync_id) as sync_id
    from {identifier(HISTORY, GRANT_HISTORY)}
    where account = $1 and observation <> 'read' and sync_id <= $2
    group by grant_key
) as latest on latest.grant_key = held.grant_key and latest.sync_id = held.sync_id
where held.account = $1 and held.observation = 'held'
"""

Subject = tuple[str, str]
"""A person's identity_key, and the grant_key or nothing."""


@dataclass(frozen=True)
class CompleteRead:
    """A run, and the hashes of the populations that it read completely."""

    finished_at: datetime
    populations: frozenset[str]


def require_marts(warehouse: Warehouse, marts_schema: str) -> None:
    """Raise ReviewError if a table is missing that decisions are about."""
    marts = ("data_quality", "identities", "access_review")
    require_tables(warehouse, {HISTORY: (IDENTITY_HISTORY, GRANT_HISTORY), marts_schema: marts})


def complete_reads(warehouse: Warehouse, marts_schema: str) -> dict[tuple[str, str], CompleteRead]:
    """Every run that has read something completely, by account and sync_id."""
    found: dict[tuple[str, str], CompleteRead] = {}
    for account, sync_id, finished_at, population in warehouse.query(
        "select account, sync_id, coalesce(finished_at, started_at), population_sha256 "
        f"from {identifier(marts_schema, 'data_quality')} "
        "where is_complete and has_arrived and not is_held_back"
    ):
        other = found.get((account, sync_id), CompleteRead(finished_at, frozenset()))
        found[account, sync_id] = CompleteRead(
            max(finished_at, other.finished_at), other.populations | {population}
        )
    return found


def subjects(warehouse: Warehouse, account: str, sync_id: str) -> set[Subject]:
    """Everybody who was there at a run, and every grant that they held."""
    parameters = [account, sync_id]
    people = {str(row[0]) for row in warehouse.query(PEOPLE, parameters)}
    grants = {(str(row[0]), str(row[1])) for row in warehouse.query(GRANTS, parameters)}
    return {(key, "") for key in people} | {grant for grant in grants if grant[0] in people}


def remembers(warehouse: Warehouse, account: str, sync_id: str) -> bool:
    """Whether the history goes back to this run. If not, nobody knows what people held at it."""
    [(first,)] = warehouse.query(
        f"select min(sync_id) from {identifier(HISTORY, GRANT_HISTORY)} where account = $1", [account]
    )
    return first is not None and first <= sync_id


def sha256_of(population: Iterable[Subject]) -> str:
    """The SHA-256 of a list in hex, made in the same way as `population_sha256` of a receipt."""
    keys = sorted((f"{person}\t{grant}" if grant else person).encode() for person, grant in population)
    return hashlib.sha256(b"\n".join(keys)).hexdigest()


def words_for(warehouse: Warehouse, marts_schema: str) -> dict[tuple[str, str], set[str]]:
    """The names, logins and addresses that each person may sign with, by account and identity_key."""
    identities = identifier(marts_schema, "identities")
    found: dict[tuple[str, str], set[str]] = {}
    rows = list(
        warehouse.query(
            "select account, identity_key, display_name, email, user_name, given_name, family_name "
            f"from {identities}"
        )
    )
    for account, key, *words, given, family in rows:
        own = found.setdefault((account, key), {key})
        own |= {word for word in (*words, f"{given} {family}" if given and family else None) if word}
    staging = columns_of(warehouse, STAGING)
    for table, id_, of_person in (
        ("int_freshsales__scim_emails", "scim_user_id", "scim_user_id"),
        ("int_freshsales__owners", "owner_id", "crm_owner_id"),
    ):
        if table in staging:
            for account, key, email in warehouse.query(
                f"select person.account, person.identity_key, other.email from {identities} as person "
                f"join {identifier(STAGING, table)} as other on other.account = person.account "
                f"and other.{id_} = person.{of_person} where other.email is not null"
            ):
                found.setdefault((account, key), {key}).add(email)
    return found
