"""Removes a person from the raw tables, the history, and all that dbt and the report make of them.

Rows about the person are deleted. In rows about others, a cell that names the person becomes null, such as a
manager, or a member in the list of a group. Decisions of reviews stay, but name nobody. A person who is still
in Freshsales is refused, because the next run would load them again.
"""
# ruff: noqa: S608  -- names of schemas, tables and columns are quoted by identifier(); values are parameters

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from freshsales_review.capture import HISTORY
from freshsales_review.decisions.forget import changes_of_decisions
from freshsales_review.errors import ReviewError
from freshsales_review.places import DUCKDB, Places
from freshsales_review.pseudonyms import KEY_VARIABLE, pseudonym_of
from freshsales_review.row_changes import Statement, change_landing, change_warehouse
from freshsales_review.verify import RECEIPTS
from freshsales_review.warehouse import Warehouse, columns_of, identifier, open_warehouse

KEYS = "int_freshsales__identity_keys"
OF_CRM_USERS = (
    *("email", "name", "display_name", "uuid"),
    *("phone", "mobile", "work_number", "mobile_number"),
)
# The raw tables with one row for each person: the side of each, and the columns that say who it is.
PEOPLE = {
    "owners": ("crm", OF_CRM_USERS),
    "profile": ("crm", OF_CRM_USERS),
    "scim_users": (
        "scim",
        (
            *("user_name", "primary_email", "display_name", "formatted_name", "external_id", "emails"),
            *("phone_numbers", "employee_number"),
        ),
    ),
}
# The columns that make a row one about the person, by the side of the id in them; None: an identity key.
ABOUT = {
    "owner_id": "crm",
    "scim_user_id": "scim",
    "member_id": "scim",
    "crm_owner_id": "crm",
    "identity_key": None,
}
# Columns in which a row about somebody else may name the person.
NAMING = {
    *("manager_id", "manager_display_name", "manager", "manager_key", "manager_name", "member_display"),
    *("crm_moved_from", "scim_moved_from", "crm_moved_from_name", "scim_moved_from_name", "moved_to"),
}
# Columns of the raw tables with JSON, which may have a name anywhere in it.
JSON_COLUMNS = {"members", "additional_attributes"}

Id = tuple[str, str, str]
"""Account, side, id."""


@dataclass
class Person:
    """A person: ids on both sides, identity keys, and names."""

    ids: set[Id] = field(default_factory=set)
    keys: set[tuple[str, str]] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    """All texts that name the person, in lower case: addresses, names, numbers, ids."""

    @property
    def accounts(self) -> set[str]:
        return {account for account, *_ in (*self.ids, *self.keys)}

    def ids_in(self, account: str, side: str) -> set[str]:
        return {one for of, on, one in self.ids if (of, on) == (account, side)}


@dataclass(frozen=True)
class Change:
    """`place` is a table, or a column of one. `table` is the quoted name of the table."""

    place: str
    table: str
    rows: int
    statement: Statement


@dataclass(frozen=True)
class Traces:
    """The number of rows or cells of each table that are changed, and the statements for it."""

    rows: Mapping[str, int]
    # The quoted names of the tables that are changed: those of the loader, and those of the warehouse.
    tables: tuple[str, ...]
    kept_tables: tuple[str, ...]
    landing: tuple[Statement, ...]
    history: tuple[Statement, ...]


def find(places: Places, who: str) -> Person:
    """Find one person by an address, an id of Freshsales or an identity key; raises a ReviewError."""
    person = Person()
    with open_warehouse(places.landing) as landing:
        if RECEIPTS not in columns_of(landing, places.schema):
            raise ReviewError(
                f"There is no table {places.schema}.{RECEIPTS}: run the pipeline first, "
                "or name the loader with --loader."
            )
        raw = list(_raw_people(landing, places.schema))
        gone = set(_gone(landing, places.schema))
    known = _identity_keys(places)
    sought = {who.strip().lower()}
    key_of_pseudonyms = os.environ.get(KEY_VARIABLE)
    if key_of_pseudonyms and "@" in who:
        sought.add(pseudonym_of(key_of_pseudonyms, who))
    person.ids |= {one for one, names in raw if sought & names}
    person.ids |= {one for one, key, names in known if sought & {key, *names}}
    if not person.ids:
        raise ReviewError(
            f"Nobody here has the address or the id {who}: the mart identities has those of everybody."
        )
    person.keys = {(one[0], key) for one, key, _ in known if one in person.ids}
    if any(number > 1 for number in Counter(account for account, _ in person.keys).values()):
        listed = ", ".join(sorted(key for _, key in person.keys))
        raise ReviewError(f"More than one person has {who}. Name one by the identity key: {listed}.")
    of_no_key = person.ids - {one for one, *_ in known}
    if of_no_key and len(person.ids) > 1:
        raise ReviewError(f"Several ids have {who}, and not all of them are matched yet: run the job first.")
    person.ids |= {one for one, key, _ in known if (one[0], key) in person.keys}
    if any("@" in one for _, side, one in person.ids if side == "crm"):
        raise ReviewError(
            f"An id of {who} in the CRM went to another person later, and their rows cannot be told apart: "
            "begin with an empty warehouse."
        )
    still = sorted({one for one, _ in raw if one in person.ids and one not in gone})
    if still:
        [account, side, one] = still[0]
        raise ReviewError(
            f"{who} is still in {account} ({'CRM' if side == 'crm' else 'SCIM'} id {one}), as the latest "
            "complete read shows, and the next run would load it again. Delete it in Freshsales, and run the "
            "job first."
        )
    for place, names in [*raw, *((place, {key, *names}) for place, key, names in known)]:
        if place in person.ids:
            person.names |= names
    person.names |= {of_source for *_, of_source in person.ids}
    return person


def traces_of(places: Places, person: Person) -> Traces:
    """Find all that is about the person. Nothing is changed."""
    with open_warehouse(places.landing) as landing:
        raw = list(_changes(landing, places.schema, person))
    history: list[Change] = []
    if places.loader != DUCKDB or Path(places.warehouse).is_file():
        with open_warehouse(places.warehouse) as warehouse:
            history = [*_changes(warehouse, HISTORY, person), *_of_decisions(warehouse, person)]
    rows: Counter[str] = Counter()
    for change in (*raw, *history):
        rows[change.place] += change.rows
    return Traces(
        rows,
        tuple(dict.fromkeys(change.table for change in raw)),
        tuple(dict.fromkeys(change.table for change in history)),
        tuple(change.statement for change in raw),
        tuple(change.statement for change in history),
    )


def forget_person(places: Places, traces: Traces) -> None:
    """Remove the person from both. If it failed half way, a second call does the rest."""
    change_landing(places, traces.landing, rewritten=traces.tables)
    if traces.history:
        change_warehouse(places, traces.history, rewritten=traces.kept_tables)


def _raw_people(landing: Warehouse, schema: str) -> Iterator[tuple[Id, set[str]]]:
    """The id and the names of each row of a person."""
    columns = columns_of(landing, schema)
    for table, (side, naming) in PEOPLE.items():
        there = [column for column in naming if column in columns.get(table, ())]
        if table in columns:
            listed = ", ".join(identifier(column) for column in ("account", "id", *there))
            for account, one, *cells in landing.query(f"select {listed} from {identifier(schema, table)}"):
                yield (account, side, str(one)), {str(one).lower(), *_texts(cells)}


def _gone(landing: Warehouse, schema: str) -> Iterator[Id]:
    """The ids that were missing in a later complete read of their stream."""
    columns = columns_of(landing, schema)
    later: dict[Id, bool] = {}
    for table, (side, _) in PEOPLE.items():
        if table in columns:
            rows = landing.query(
                "select people.account, people.id, max(reads.sync_id) > max(people.sync_id) "
                f"from {identifier(schema, table)} as people "
                f"left join {identifier(schema, RECEIPTS)} as reads "
                "on people.account = reads.account and reads.stream = $1 and reads.is_complete "
                "group by people.account, people.id",
                [table],
            )
            for account, one, is_gone in rows:
                place = (account, side, str(one))
                # The profile is a copy of an owner. The list of owners says who is there.
                if table != "profile" or place not in later:
                    later[place] = bool(is_gone)
    return (one for one, is_gone in later.items() if is_gone)


def _identity_keys(places: Places) -> list[tuple[Id, str, set[str]]]:
    if places.loader == DUCKDB and not Path(places.warehouse).is_file():
        return []
    with open_warehouse(places.warehouse) as warehouse:
        columns = columns_of(warehouse, HISTORY)
        if KEYS not in columns:
            return []
        names = [name for name in ("matched_name", "matched_email") if name in columns[KEYS]]
        listed = ", ".join(
            identifier(name) for name in ("account", "side", "source_id", "identity_key", *names)
        )
        found = [
            ((account, side, source_id), key, {source_id.lower(), *_texts(cells)})
            for account, side, source_id, key, *cells in warehouse.query(
                f"select {listed} from {identifier(HISTORY, KEYS)}"
            )
        ]
        # All names that the person ever had, in the history of each side.
        for table, side, id_column in (
            ("int_freshsales__owner_history", "crm", "owner_id"),
            ("int_freshsales__scim_user_history", "scim", "scim_user_id"),
        ):
            if table in columns:
                called: dict[Id, set[str]] = {}
                rows = warehouse.query(
                    f"select account, {id_column}, display_name, email from {identifier(HISTORY, table)} "
                    f"where {id_column} is not null"
                )
                for account, one, *cells in rows:
                    called.setdefault((account, side, str(one)), set()).update(_texts(cells))
                for one, _, told in found:
                    told.update(called.get(one, ()))
        return found


def _texts(cells: Iterable[Any]) -> Iterator[str]:
    """The texts in these cells, in lower case. JSON gives each of its texts."""
    for cell in cells:
        if isinstance(cell, str) and cell[:1] in {"[", "{"}:
            try:
                yield from _texts([json.loads(cell)])
            except ValueError:
                yield cell.lower()
        elif isinstance(cell, list):
            yield from _texts(cell)
        elif isinstance(cell, dict):
            # `type` and `primary` identify nobody.
            yield from _texts([cell.get("value"), cell.get("display")])
        elif isinstance(cell, str) and cell.strip():
            yield cell.strip().lower()


def _changes(warehouse: Warehouse, schema: str, person: Person) -> Iterator[Change]:
    for table, columns in sorted(columns_of(warehouse, schema).items()):
        if "account" in columns:
            for account in sorted(person.accounts):
                yield from _of_table(warehouse, (schema, table), columns, person, account)


def _of_decisions(warehouse: Warehouse, person: Person) -> Iterator[Change]:
    for account in sorted(person.accounts):
        keys = {key for of, key in person.keys if of == account}
        ids = {side: person.ids_in(account, side) for side in ("crm", "scim")}
        for found in changes_of_decisions(warehouse, account, keys, ids, person.names):
            yield Change(*found)


def _of_table(
    warehouse: Warehouse, table: tuple[str, str], columns: set[str], person: Person, account: str
) -> Iterator[Change]:
    schema, name = table
    quoted, place = identifier(*table), ".".join(table)
    about, parameters = _about(name, columns, person, account)
    changes = [(place, f"delete from {quoted} where ", about, parameters)] if about else []
    for column in sorted(columns & NAMING):
        named, parameters = _one_of(f"lower({identifier(column)})", person.names, [account])
        start = f"update {quoted} set {identifier(column)} = null where "
        changes.append((f"{place}.{column}", start, f"account = $1 and {named}", parameters))
    for where, start, condition, values in changes:
        [(rows,)] = warehouse.query(f"select count(*) from {quoted} where {condition}", values)
        if rows:
            yield Change(where, quoted, rows, (start + condition, values))
    if schema != HISTORY:
        for column in sorted(columns & JSON_COLUMNS):
            for statement in _in_json(warehouse, quoted, column, account, person):
                yield Change(f"{place}.{column}", quoted, 1, statement)


def _about(table: str, columns: set[str], person: Person, account: str) -> tuple[str, list[Any]]:
    """The condition for rows about the person; empty if the table has no such rows."""
    parameters: list[Any] = [account]
    conditions = []
    named = {column: side for column, side in ABOUT.items() if column in columns}
    if table in PEOPLE:
        named = {"id": PEOPLE[table][0]}
    for column, side in named.items():
        ids = (
            {key for of, key in person.keys if of == account}
            if side is None
            else person.ids_in(account, side)
        )
        if ids:
            text, parameters = _one_of(f"cast({identifier(column)} as varchar)", ids, parameters)
            conditions.append(text)
    if {"side", "source_id"} <= columns:
        for side in ("crm", "scim"):
            ids = person.ids_in(account, side)
            if ids:
                text, parameters = _one_of("source_id", ids, parameters)
                conditions.append(f"(side = '{side}' and {text})")
    return (f"account = $1 and ({' or '.join(conditions)})" if conditions else ""), parameters


def _one_of(expression: str, values: set[str], parameters: list[Any]) -> tuple[str, list[Any]]:
    places = [f"${len(parameters) + number}" for number in range(1, len(values) + 1)]
    return f"{expression} in ({', '.join(places)})", [*parameters, *sorted(values)]


def _in_json(
    warehouse: Warehouse, table: str, column: str, account: str, person: Person
) -> Iterator[Statement]:
    """The list without the person. Any other value that names the person becomes null."""
    found = warehouse.query(
        f"select distinct cast({column} as varchar) from {table} where account = $1 and {column} is not null",
        [account],
    )
    ids = person.ids_in(account, "scim")
    told = {text for text in person.names if "@" in text} | ids
    for (text,) in found:
        value = json.loads(text)
        if not any(one in text.lower() for one in person.names if one in told or " " in one):
            continue
        kept = None
        if isinstance(value, list):
            kept = [one for one in value if not {*_texts([one])} & (told | person.names)]
        yield (
            f"update {table} set {column} = $3 where account = $1 and cast({column} as varchar) = $2",
            [account, text, None if kept is None else json.dumps(kept)],
        )
