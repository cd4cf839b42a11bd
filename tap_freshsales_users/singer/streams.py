"""One short class a stream: name, path, key, and how an item becomes a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote

from singer_sdk.mapper import SameRecordTransform, StreamMap
from singer_sdk.singerlib import Catalog

from tap_freshsales_users.api.transport import Answer
from tap_freshsales_users.errors import NotFoundError, UpstreamMalformedError, UpstreamUnavailableError
from tap_freshsales_users.reading.membership import Members, groups_named_by
from tap_freshsales_users.reading.reader import Item, Parsed, parse_object, parse_resource
from tap_freshsales_users.reading.receipt import (
    DERIVED,
    INCREMENTAL,
    MemberPopulation,
    Receipt,
    utc_text,
)
from tap_freshsales_users.reading.walk import Walk
from tap_freshsales_users.reading.walk_scim import ScimWalk
from tap_freshsales_users.reading.walk_single import SingleWalk
from tap_freshsales_users.records.coercion import is_element, is_nothing, to_string
from tap_freshsales_users.records.crm import ROLE_ATTRIBUTES, fill_roles
from tap_freshsales_users.records.loadable import clean
from tap_freshsales_users.records.schemas import load_schema
from tap_freshsales_users.records.scim import (
    GROUP_PATHS,
    MEMBER_PATHS,
    USER_PATHS,
    identify,
    manager_id,
    members_of,
    primary_email,
)
from tap_freshsales_users.records.shaper import Record
from tap_freshsales_users.singer.client import OF_ONE_ENDPOINT, Follower, RestStream, ScimStream
from tap_freshsales_users.singer.context import RECEIPTS, RunContext
from tap_freshsales_users.singer.incremental import filter_since, starting_moment
from tap_freshsales_users.singer.sdk import PageStream


class RestUsers(RestStream):
    """Users of the CRM, each with all their roles."""

    flag = "is_active"

    def paths(self) -> Mapping[str, tuple[str, ...]]:
        return {column: path for column, path in super().paths().items() if column not in ROLE_ATTRIBUTES}

    def shaping(self) -> dict[str, Any]:
        return {"left_out": [(name,) for name in ROLE_ATTRIBUTES]}

    def record(self, item: Item) -> Record:
        record = super().record(item)
        fill_roles(item, record, self.shaper)
        return record


class Profile(RestUsers):
    """The user whose API key is used."""

    name = "profile"
    path = "/settings/profile"
    top_level_key = "user"
    is_optional = True
    is_dispensable = True
    first_attempts = 2

    def walk(self) -> Walk:
        return SingleWalk()

    def parser(self) -> Callable[[Answer], Parsed]:
        return parse_object(self.top_level_key)

    def record(self, item: Item) -> Record:
        record = super().record(item)
        self.tap.read_as = record.get("id")  # a catalog may leave it out
        return record


class Owners(RestUsers):
    """Active users who may own records: not the full roster."""

    name = "owners"
    path = "/selector/owners"
    top_level_key = "users"
    is_never_empty = True


class Roles(RestStream):
    name = "roles"
    path = "/selector/roles"
    top_level_key = "roles"
    is_optional = True


class Territories(RestStream):
    name = "territories"
    path = "/selector/territories"
    top_level_key = "territories"
    is_optional = True


class Teams(RestStream):
    name = "teams"
    path = "/selector/teams"
    top_level_key = "teams"
    is_optional = True


class ScimUsers(ScimStream):
    """The full roster; incremental by `last_modified_at` where the catalog asks for it."""

    name = "scim_users"
    path = "/Users"
    flag = "active"
    is_never_empty = True

    def paths(self) -> Mapping[str, tuple[str, ...]]:
        return USER_PATHS

    def record(self, item: Item) -> Record:
        record = super().record(item)
        self.tap.named_groups.update(groups_named_by(item))
        self.shaper.put(record, "primary_email", primary_email(item))
        if is_nothing(record.get("manager_id")):
            self.shaper.put(record, "manager_id", manager_id(item))
        return record

    def items(self, receipt: Receipt) -> Iterator[list[Item]]:
        since = starting_moment(self)
        if since is None:
            yield from super().items(receipt)
            return
        # A refusal may be the server's whole answer to a filter: two attempts tell that from a bad moment.
        reader = self.reader(
            ScimWalk(self.config["page_size"], filter_since(since)), receipt, first_attempts=2
        )
        try:
            yield from self.read(reader, receipt)
        except (UpstreamMalformedError, NotFoundError, UpstreamUnavailableError) as error:
            if reader.walk.met:
                raise
            self.logger.warning("The filter on lastModified was refused (%s): reading in full.", error.reason)
        else:
            if reader.walk.met or self._knows_last_modified(receipt):
                receipt.replication_method = self.replication_method
                if receipt.is_complete:
                    receipt.is_complete, receipt.incomplete_reason = False, INCREMENTAL
                return
            self.logger.warning("The server matches nothing by lastModified: reading in full.")
        yield from super().items(receipt)

    def _knows_last_modified(self, receipt: Receipt) -> bool:
        """Ask for what must match: whoever was modified since 1970."""
        walk = SingleWalk({"filter": filter_since("1970-01-01T00:00:00Z"), "startIndex": 1, "count": 1})
        return any(self.reader(walk, receipt).pages())


class ScimGroups(ScimStream):
    name = "scim_groups"
    path = "/Groups"
    is_optional = True

    def paths(self) -> Mapping[str, tuple[str, ...]]:
        return GROUP_PATHS

    def items(self, receipt: Receipt) -> Iterator[list[Item]]:
        self.members = Members(self.tap.named_groups, lambda group_id: self._alone(group_id, receipt))
        for groups in super().items(receipt):
            for group in groups:
                self.members.settle(group)
            yield groups

    def _alone(self, group_id: str, receipt: Receipt) -> Item | None:
        """One group by itself; None where it cannot be read, or another one comes."""
        path = f"{self.path}/{quote(group_id, safe='')}"
        reader = self.reader(SingleWalk(), receipt, first_attempts=2, path=path, parse=parse_resource)
        try:
            [[group]] = list(reader.pages())
        except (NotFoundError, *OF_ONE_ENDPOINT) as error:
            self.log("One group cannot be read by itself (%s).", error.reason)
            return None
        return group if str(group["id"]) == group_id else None

    def record(self, item: Item) -> Record:
        record = super().record(item)
        members = members_of(item)
        if members is not None:
            self.shaper.put(record, "member_count", sum(map(is_element, members)))
        if members == []:
            self.shaper.put(record, "members", members)  # null is the same as none
        return record


class ScimGroupMembers(Follower):
    """Memberships, from the groups in hand; reads the groups itself where they are not selected."""

    name = "scim_group_members"
    setting = "scim_token"
    keys = ("account", "group_id", "member_id")
    is_optional = True

    def paths(self) -> Mapping[str, tuple[str, ...]]:
        return MEMBER_PATHS

    def begin(self) -> None:
        self.begin_following()
        self._receipt = self.tap.open_receipt(self.name)
        self._start()

    def take(self, items: list[Item]) -> None:
        records = self._memberships(items)
        self.follow(records)
        self._receipt.records += len(records)

    def finish(self, leader: Receipt) -> None:
        self.finish_following()
        self._conclude(self._receipt, leader)
        self.fill_counts(self._receipt)
        self._receipt.finished_at = utc_text(datetime.now(UTC))

    def get_pages(self) -> Iterator[list[Record]]:
        self._start()
        with self.receipt() as receipt:
            for items in self._groups.items(receipt):
                records = self._memberships(items)
                yield records
                receipt.records += len(records)
            self._conclude(receipt, receipt)

    @property
    def _groups(self) -> ScimGroups:
        return cast("ScimGroups", self.tap.streams[ScimGroups.name])

    def _start(self) -> None:
        self._population = MemberPopulation()
        self._members_without_id = 0
        self._duplicates = 0

    def _memberships(self, groups: list[Item]) -> list[Record]:
        """Each member of a group once; what is not known is counted."""
        records: list[Record] = []
        for group in groups:
            members = members_of(group)
            if members is None:
                continue
            group_columns: Record = {}
            self.shaper.put(group_columns, "group_id", group["id"])
            self.shaper.put(group_columns, "group_display_name", group.get("displayName"))
            known: dict[str, Record] = {}
            for member in members:
                record = self._membership(member)
                if record is not None:
                    member_id = clean(record["member_id"])
                    self._duplicates += member_id in known
                    known.setdefault(member_id, record)
            for record in known.values():
                record.update(group_columns)
            records += known.values()
            self._population.add(clean(to_string(group["id"])), known)
        self.loadable.make(records)
        return records

    def _membership(self, member: Any) -> Record | None:
        if not is_element(member):
            self.shaper.dropped_elements += 1
            self._members_without_id += not is_nothing(member)
            return None
        record = self.shaper.shape(member if isinstance(member, dict) else {"value": member})
        if not identify(member, record):
            self._members_without_id += 1
            return None
        return record

    def _conclude(self, receipt: Receipt, groups: Receipt) -> None:
        """What is known of the memberships is what is known of the read of their groups, at the most."""
        receipt.duplicates_dropped = self._duplicates
        receipt.passes, receipt.consistency = groups.passes, groups.consistency
        receipt.is_complete, receipt.incomplete_reason = groups.is_complete, groups.incomplete_reason
        receipt.source_total_first = receipt.source_total = None
        if groups.end_evidence is None:
            return
        receipt.end_evidence = DERIVED
        receipt.population_sha256 = self._population.sha256()
        if not receipt.is_complete:
            return
        if self._members_without_id:
            reason = f"members_without_id: {self._members_without_id} members have neither `value` nor `$ref`"
            receipt.is_complete, receipt.incomplete_reason = False, reason
        elif self._groups.members.reason is not None:
            receipt.is_complete, receipt.incomplete_reason = False, self._groups.members.reason


class SyncReceipts(PageStream):
    """What the run itself has to say: the last stream, with no request of its own."""

    name = RECEIPTS

    def __init__(self, tap: RunContext) -> None:
        super().__init__(tap, load_schema(self.name), self.name)
        self.tap = tap
        self.primary_keys = ("sync_id", "stream")

    def apply_catalog(self, catalog: Catalog) -> None:
        """No catalog leaves receipts or a column of them out: nothing could be verified without."""

    @property
    def stream_maps(self) -> list[StreamMap]:
        """No stream map stands between."""
        return [SameRecordTransform(self.name, self.schema, self.primary_keys, flattening_options=None)]

    def get_pages(self) -> Iterator[list[Record]]:
        records = [
            receipt.to_record() | {"read_as": self.tap.read_as} for receipt in self.tap.receipts.values()
        ]
        yield [{name: record[name] for name in self.columns} for record in records]


# In the order they are synced: the profile first, since it tells whose key reads the rest.
STREAMS: tuple[Callable[[RunContext], PageStream], ...] = (
    Profile,
    Owners,
    Roles,
    Territories,
    Teams,
    ScimUsers,
    ScimGroups,
    ScimGroupMembers,
    SyncReceipts,
)
# Which stream is written from whose items.
FOLLOWS: dict[str, str] = {ScimGroupMembers.name: ScimGroups.name}
