"""Removes a person from the decisions of reviews. The decisions stay, but do not say whom they are about.

The proof that a review took place must be kept. So no row is deleted, and every count of a campaign stays the
same. Random keys replace the keys of the person, and nothing leads back from them. The hash of the scope of a
campaign is made again, but only if it was right before: a scope that somebody else has changed still shows
that.
"""
# ruff: noqa: S608  -- names of tables and columns are constants, values are parameters

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from freshsales_review.decisions.campaigns import campaigns, frozen
from freshsales_review.decisions.population import sha256_of
from freshsales_review.decisions.store import (
    CAMPAIGNS,
    CLOSINGS,
    DECISIONS,
    REFUSED,
    SCHEMA,
    SCOPE,
    name_of,
    tables_there,
)
from freshsales_review.row_changes import Statement
from freshsales_review.warehouse import Warehouse

MARK = "forgotten-"
ABOUT_SOMEBODY = (SCOPE, DECISIONS, REFUSED)
# Columns with the name of somebody who took part in a review; and columns that may name anybody.
NAMING = (
    (CAMPAIGNS, "opened_by"),
    (CLOSINGS, "closed_by"),
    (DECISIONS, "reviewer"),
    (DECISIONS, "recorded_by"),
    (DECISIONS, "note"),
    (REFUSED, "reviewer"),
)

Found = tuple[str, str, int, Statement]
"""A table or column, its table, the number of rows that are changed there, and the statement."""


def changes_of_decisions(
    warehouse: Warehouse, account: str, keys: set[str], ids: Mapping[str, set[str]], names: set[str]
) -> Iterator[Found]:
    """Yield the changes that remove the person. `ids` are of each side; `names` are all of the person."""
    there = tables_there(warehouse)
    if {SCOPE, DECISIONS} <= there:
        rows = warehouse.query(
            f"select distinct identity_key, crm_source_id, scim_source_id from {name_of(SCOPE)} "
            "where account = $1",
            [account],
        )
        # If a match was corrected after the campaign was opened, the person has another key in it.
        keys = keys | {key for key, crm, scim in rows if crm in ids["crm"] or scim in ids["scim"]}
        yield from _Person(warehouse, account, keys, names, _random_key()).changes(there)


@dataclass(frozen=True)
class _Person:
    warehouse: Warehouse
    account: str
    keys: set[str]
    names: set[str]
    marker: str

    def changes(self, there: set[str]) -> Iterator[Found]:
        grants = {grant: _random_key() for grant in self._grants(there)}
        yield from self._hashes(grants)
        for table, column in NAMING:
            if table in there:
                yield from self._named(table, column)
        for table in ABOUT_SOMEBODY:
            if table in there:
                for key in sorted(self.keys):
                    yield from self._about(table, key, grants)

    def _grants(self, there: set[str]) -> list[str]:
        rows = (
            row
            for table in ABOUT_SOMEBODY
            if table in there
            for row in self._query(table, "distinct identity_key, grant_key", "grant_key is not null")
        )
        return sorted({grant for key, grant in rows if key in self.keys})

    def _hashes(self, grants: Mapping[str, str]) -> Iterator[Found]:
        for campaign in campaigns(self.warehouse):
            before = frozen(self.warehouse, campaign)
            if campaign.account != self.account or sha256_of(before) != campaign.population_sha256:
                continue
            after = {
                (self.marker if key in self.keys else key, grants.get(grant, grant)) for key, grant in before
            }
            if after != before:
                new = [campaign.campaign, sha256_of(after)]
                yield self._change(CAMPAIGNS, "population_sha256 = $3", "campaign = $2", new, 1)

    def _named(self, table: str, column: str) -> Iterator[Found]:
        for (text,) in self._query(table, f"distinct {column}", f"{column} is not null"):
            if self._is_named_in(text.lower()):
                new = None if column == "note" else self.marker
                [(rows,)] = self._query(table, "count(*)", f"{column} = $2", text)
                yield self._change(table, f"{column} = $3", f"{column} = $2", [text, new], rows)

    def _is_named_in(self, text: str) -> bool:
        """Whether the text is a name of the person, or contains an address or a name of several words."""
        return text in self.names or any(name in text for name in self.names if "@" in name or " " in name)

    def _about(self, table: str, key: str, grants: Mapping[str, str]) -> Iterator[Found]:
        [(rows,)] = self._query(table, "count(*)", "identity_key = $2", key)
        if not rows:
            return
        if table == DECISIONS:
            # The key of a decision is a hash of its subject and of what was decided.
            for (one,) in self._query(table, "decision_key", "identity_key = $2", key):
                sets = "decision_key = $3, note = null"
                yield self._change(table, sets, "decision_key = $2", [one, _random_key()])
        for grant, other in grants.items():
            yield self._change(table, "grant_key = $3", "grant_key = $2", [grant, other])
        more = {SCOPE: ", crm_source_id = null, scim_source_id = null", REFUSED: ", reviewer = $3"}
        sets = f"identity_key = $3{more.get(table, '')}"
        yield self._change(table, sets, "identity_key = $2", [key, self.marker], rows)

    def _query(self, table: str, what: str, where: str, *values: str) -> list[tuple[Any, ...]]:
        query = f"select {what} from {name_of(table)} where account = $1 and {where}"
        return list(self.warehouse.query(query, [self.account, *values]))

    def _change(self, table: str, sets: str, where: str, values: list[Any], rows: int = 0) -> Found:
        statement = f"update {name_of(table)} set {sets} where account = $1 and {where}"
        return f"{SCHEMA}.{table}", name_of(table), rows, (statement, [self.account, *values])


def _random_key() -> str:
    return MARK + secrets.token_hex(8)
