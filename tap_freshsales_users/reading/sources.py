"""The lists of the API, and what is special about reading some of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from tap_freshsales_users.api.surface import REST, SCIM
from tap_freshsales_users.errors import NotFoundError, UpstreamMalformedError, UpstreamUnavailableError
from tap_freshsales_users.reading.answers import (
    Item,
    parse_list_response,
    parse_object,
    parse_resource,
    parse_selector,
)
from tap_freshsales_users.reading.counts import parse_search
from tap_freshsales_users.reading.evidence import End
from tap_freshsales_users.reading.membership import Members, groups_named_by
from tap_freshsales_users.reading.owned import OwnedRead
from tap_freshsales_users.reading.read import OF_ONE_ENDPOINT, Read, Source
from tap_freshsales_users.reading.receipt import INCREMENTAL
from tap_freshsales_users.reading.walk_pages import PageWalk
from tap_freshsales_users.reading.walk_scim import ScimWalk
from tap_freshsales_users.reading.walk_single import SingleWalk
from tap_freshsales_users.records.coercion import to_integer

# Earlier than every change that a server can know.
LONG_AGO = "1970-01-01T00:00:00Z"


def filter_since(moment: str) -> str:
    """A SCIM filter (RFC 7644 section 3.4.2.2)."""
    return f'meta.lastModified ge "{moment}"'


class ProfileRead(Read):
    """Remembers whose API key is used."""

    def _items(self) -> Iterator[list[Item]]:
        for items in super()._items():
            self._known.read_as = to_integer(items[0]["id"])
            yield items


class UserRead(Read):
    """Filters by the bookmark, if there is one and the server can; remembers the groups that users name."""

    _is_filtered = False

    @property
    def _is_incremental(self) -> bool:
        return self._is_filtered

    def _items(self) -> Iterator[list[Item]]:
        for items in self._asked_for():
            for item in items:
                for group_id, due in groups_named_by(item):
                    self._known.named_groups.setdefault(group_id, set()).update(due)
            yield items

    def _asked_for(self) -> Iterator[list[Item]]:
        since = self._since()
        if since is not None:
            walk = ScimWalk(self._page_size, filter_since(since))
            # Some servers refuse every filter. Two attempts tell a refusal from a short disturbance.
            reader = self._reader(walk, first_attempts=2)
            try:
                yield from self._follow(reader)
            except (UpstreamMalformedError, NotFoundError, UpstreamUnavailableError) as error:
                if walk.met:
                    raise
                self._logger.warning(
                    "The server refused the filter on lastModified (%s): reading the full list.", error.reason
                )
            else:
                if walk.met or self._knows_last_modified():
                    self._is_filtered = True
                    return
                self._logger.warning("The server matches nothing by lastModified: reading the full list.")
        yield from super()._items()

    def _knows_last_modified(self) -> bool:
        """Whether the server finds anybody with a filter that every user matches."""
        walk = SingleWalk({"filter": filter_since(LONG_AGO), "startIndex": 1, "count": 1})
        return any(self._reader(walk).pages())

    def _end(self) -> End:
        end = super()._end()
        if self._is_filtered and end.is_complete:
            return replace(end, is_complete=False, reason=INCREMENTAL)
        return end


class GroupRead(Read):
    """Asks for a single group (`/Groups/{id}`) if the list does not tell its members for certain."""

    _members: Members | None = None

    @property
    def _parts_unknown(self) -> str | None:
        return None if self._members is None else self._members.reason

    def _items(self) -> Iterator[list[Item]]:
        self._members = members = Members(self._known.named_groups, self._alone)
        for groups in super()._items():
            for group in groups:
                members.settle(group)
            yield groups

    def _alone(self, group_id: str) -> Item | None:
        """One group, by its own request; None if it cannot be read, or if another group comes."""
        path = f"{self.source.path}/{quote(group_id, safe='')}"
        reader = self._reader(SingleWalk(), first_attempts=2, path=path, parse=parse_resource)
        try:
            [[group]] = filter(None, reader.pages())
        except (NotFoundError, *OF_ONE_ENDPOINT) as error:
            self._logger.info("One group cannot be read by itself (%s).", error.reason)
            return None
        return group if str(group["id"]) == group_id else None


class OwnedRecordsRead(OwnedRead):
    """Knows of which lists people are known."""

    def _read_of(self, list_: str) -> Read:
        source = OWNERS if list_ == OWNERS.name else SCIM_USERS
        return READS.get(source.name, Read)(
            source,
            self._api,
            self._known,
            name=self.name,
            page_size=self._page_size,
            logger=self._logger,
        )


def _selector(name: str, top_level_key: str, **traits: Any) -> Source:
    return Source(
        name,
        REST,
        f"/selector/{name}",
        parse_selector(top_level_key),
        PageWalk,
        {"page": 1, "per_page": 1},
        **traits,
    )


def _scim(name: str, path: str, **traits: Any) -> Source:
    return Source(name, SCIM, path, parse_list_response, ScimWalk, {"startIndex": 1, "count": 1}, **traits)


PROFILE = Source(
    "profile",
    REST,
    "/settings/profile",
    parse_object("user"),
    lambda _page_size: SingleWalk(),
    {},
    first_attempts=2,
    is_optional=True,
    is_dispensable=True,
)
OWNERS = _selector("owners", "users", is_never_empty=True)
ROLES = _selector("roles", "roles", is_optional=True)
TERRITORIES = _selector("territories", "territories", is_optional=True)
TEAMS = _selector("teams", "teams", is_optional=True)
SCIM_USERS = _scim("scim_users", "/Users", is_never_empty=True)
SCIM_GROUPS = _scim("scim_groups", "/Groups", is_optional=True)

OWNED_RECORDS = Source(
    "owned_records",
    REST,
    "/filtered_search",
    parse_search,
    lambda _page_size: SingleWalk({"page": 1}),
    {"page": 1},
    is_optional=True,
)

# The sources that are read in a special way.
READS: dict[str, type[Read]] = {
    PROFILE.name: ProfileRead,
    SCIM_USERS.name: UserRead,
    SCIM_GROUPS.name: GroupRead,
    OWNED_RECORDS.name: OwnedRecordsRead,
}
