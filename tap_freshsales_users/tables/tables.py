"""The tables: name, key, schema, which list feeds each, and how an item of the list becomes a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tap_freshsales_users.reading.people import NOBODY
from tap_freshsales_users.reading.read import Source
from tap_freshsales_users.reading.sources import (
    OWNED_RECORDS,
    OWNERS,
    PROFILE,
    ROLES,
    SCIM_GROUPS,
    SCIM_USERS,
    TEAMS,
    TERRITORIES,
)
from tap_freshsales_users.records.crm import ROLE_ATTRIBUTES, fill_roles
from tap_freshsales_users.records.schemas import load_schema
from tap_freshsales_users.records.scim import (
    GROUP_PATHS,
    LEFT_OUT,
    MEMBER_PATHS,
    PLAIN,
    USER_PATHS,
    fill_group,
    fill_user,
)
from tap_freshsales_users.records.shaper import ADDITIONAL_ATTRIBUTES, Shaper
from tap_freshsales_users.tables.makers import EachItem, EachMember, Maker

# Columns that the tap makes in every table.
ALWAYS_MADE = frozenset({"account", "sync_id", ADDITIONAL_ATTRIBUTES})

Path = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table, and how it is filled. `schemas/NAME.json` describes its columns."""

    name: str
    # The list that feeds it.
    source: Source
    keys: tuple[str, ...] = ("account", "id")
    # The path of each column in an item. None: each attribute has the name of its column.
    paths: Mapping[str, Path] | None = None
    # Columns that are made of more than one path; and what makes the records, with a shaper for these paths.
    made: frozenset[str] = frozenset()
    maker: Callable[[Shaper], Maker] = EachItem
    # Attributes that are dropped on purpose; and columns for a plain value in place of an object.
    left_out: tuple[Path, ...] = ()
    plain: Mapping[Path, str] = field(default_factory=dict)
    # The column whose false values the receipt counts.
    flag: str | None = None
    # The setting that switches it on. None: it is always read.
    switch: str | None = None

    def is_on(self, config: Mapping[str, Any]) -> bool:
        return self.switch is None or config.get(self.switch, NOBODY) != NOBODY

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the records, a new copy."""
        return load_schema(self.name)

    def column_paths(self) -> Mapping[str, Path]:
        """The path in an item for each column that is read from one path."""
        if self.paths is not None:
            return self.paths
        made_here = ALWAYS_MADE | self.made
        return {column: (column,) for column in self.schema()["properties"] if column not in made_here}


_CRM_USER: dict[str, Any] = {
    "made": frozenset({"role_id", "roles"}),
    "maker": partial(EachItem, complete=fill_roles),
    "left_out": tuple((name,) for name in ROLE_ATTRIBUTES),
    "flag": "is_active",
}
_SCIM: dict[str, Any] = {"left_out": LEFT_OUT, "plain": PLAIN}

# In the order in which they are read. The profile is first: it tells whose key reads the other lists. Tables
# of one source are next to each other.
TABLES: tuple[Table, ...] = (
    Table("profile", PROFILE, **_CRM_USER),
    Table("owners", OWNERS, **_CRM_USER),
    Table("roles", ROLES),
    Table("territories", TERRITORIES),
    Table("teams", TEAMS),
    Table(
        "scim_users",
        SCIM_USERS,
        paths=USER_PATHS,
        made=frozenset({"primary_email"}),
        maker=partial(EachItem, complete=fill_user),
        flag="active",
        **_SCIM,
    ),
    Table(
        "scim_groups",
        SCIM_GROUPS,
        paths=GROUP_PATHS,
        made=frozenset({"member_count"}),
        maker=partial(EachItem, complete=fill_group),
        **_SCIM,
    ),
    Table(
        "scim_group_members",
        SCIM_GROUPS,
        keys=("account", "group_id", "member_id"),
        paths=MEMBER_PATHS,
        made=frozenset({"group_id", "group_display_name"}),
        maker=EachMember,
    ),
    # Last: it rests on owners and scim_users, and costs the most requests.
    Table(
        "owned_records",
        OWNED_RECORDS,
        keys=("account", "owner_id", "record_type"),
        switch="owned_records",
    ),
)
