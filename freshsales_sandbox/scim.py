"""The SCIM surface: the library scim2-server on the directory. Its writes also change what REST shows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, cast

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    ETag,
    Filter,
    InvalidValueException,
    NotFoundException,
    Pagination,
    Patch,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    ScimProvider,
    SearchRequest,
    ServiceProviderConfig,
    Sort,
    UnauthorizedException,
    UniquenessException,
)
from scim2_server.applications.wsgi import WSGIApplication
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService
from scim2_server.storage import ScimStorage, SearchPage
from scim2_server.utils import load_default_resource_types, load_default_schemas

from freshsales_sandbox.directory import Directory, Group, Person
from freshsales_sandbox.resources import group_fields, group_resource, user_fields, user_resource

PATH = "/scim/v2"
PAGE_SIZE = 25
LARGEST_PAGE = 100
LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


@dataclass
class PlainPage(SearchPage):
    """A page of a search without filter, sorting or selected attributes. It has records of the directory."""

    records: Sequence[Person | Group] = ()


class DirectoryStorage(ScimStorage):
    """The storage of the library: the people and groups of a directory."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory

    def operation(self) -> AbstractContextManager[Any]:
        return self.directory.lock

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,  # noqa: ARG002
    ) -> Resource[Any]:
        return self._model(self._record(resource_type, resource_id))

    def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,  # noqa: ARG002
    ) -> SearchPage:
        request = search_request
        start = request.start_index_0 or 0
        stop = None if request.count is None else start + request.count
        if not (request.filter or request.sort_by or request.attributes or request.excluded_attributes):
            records = self._records(resource_types)
            return PlainPage(len(records), [], records=records[start:stop])
        found = self._found(resource_types, request)
        return SearchPage(len(found), [self._model(record) for record in found[start:stop]])

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        directory = self.directory
        payload = resource.model_dump()
        record: Person | Group
        if resource_type.name == "Group":
            record = Group(
                scim_id=directory.new_scim_id(),
                created=directory.now,
                modified=directory.now,
                **self._group_fields(payload),
            )
            directory.add_group(record)
        else:
            self._refuse_taken_name(payload)
            record = directory.new_person(**user_fields(payload))
            directory.add(record)
        return self._model(record)

    def update(
        self,
        resource_type: ResourceType,
        resource: Resource[Any],
        *,
        expected_version: str | None = None,
    ) -> Resource[Any]:
        record = self._expected(resource_type, resource.id, expected_version)
        payload = resource.model_dump()
        if isinstance(record, Group):
            self.directory.change_group(record, **self._group_fields(payload))
        else:
            self._refuse_taken_name(payload, record)
            self.directory.change(record, **user_fields(payload))
        return self._model(record)

    def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        record = self._expected(resource_type, resource_id, expected_version)
        if isinstance(record, Group):
            self.directory.remove_group(record)
        else:
            self.directory.remove(record)

    def _records(self, resource_types: list[ResourceType]) -> Sequence[Person | Group]:
        lists: list[Sequence[Person | Group]] = [
            self.directory.listed_groups() if kind.name == "Group" else self.directory.users()
            for kind in resource_types
        ]
        # The list is not copied for each of its pages.
        return lists[0] if len(lists) == 1 else [record for records in lists for record in records]

    def _found(self, resource_types: list[ResourceType], request: SearchRequest[Any]) -> list[Person | Group]:
        """All results of a search, in its order. They are kept for its next pages, until a write."""

        def find() -> list[Person | Group]:
            pairs = [(record, self._model(record)) for record in self._records(resource_types)]
            if request.filter is not None:
                pairs = [pair for pair in pairs if request.filter.match(pair[1])]
            if request.sort_by is not None:
                values = [(request.sort_value(model), record) for record, model in pairs]
                values.sort(
                    # RFC 7644 §3.4.2.3: a resource without a value comes last; if descending, first.
                    key=lambda pair: (pair[0] is None, "" if pair[0] is None else pair[0]),
                    reverse=request.sort_order == SearchRequest.SortOrder.descending,
                )
                return [record for _, record in values]
            return [record for record, _ in pairs]

        kinds = [kind.name for kind in resource_types]
        return self.directory.view(f"{kinds} {request.filter} {request.sort_by} {request.sort_order}", find)

    def _record(self, resource_type: ResourceType, resource_id: str | None) -> Person | Group:
        directory = self.directory
        is_group = resource_type.name == "Group"
        record = directory.group(resource_id) if is_group else directory.user(resource_id)
        if record is None:
            raise NotFoundException(detail=f"{resource_type.name} {resource_id!r} not found")
        return record

    def _expected(
        self, resource_type: ResourceType, resource_id: str | None, version: str | None
    ) -> Person | Group:
        record = self._record(resource_type, resource_id)
        if version is not None and version != f'W/"{record.version}"':
            raise PreconditionFailedException
        return record

    def _refuse_taken_name(self, payload: dict[str, Any], holder: Person | None = None) -> None:
        if self.directory.user_named(payload["userName"]) not in (None, holder):
            raise UniquenessException

    def _group_fields(self, payload: dict[str, Any]) -> dict[str, Any]:
        fields = group_fields(payload)
        for member in fields["members"]:
            if self.directory.user(member) is None and self.directory.group(member) is None:
                raise InvalidValueException(detail=f"No user and no group has the id {member!r}")
        return fields

    def _model(self, record: Person | Group) -> Resource[Any]:
        if isinstance(record, Group):
            resource = group_resource(record, self.directory, "")
        else:
            resource = user_resource(record, self.directory, "")
        model = cast("type[Resource[Any]]", provider().model_for(resource["meta"]["resourceType"]))
        return model.model_validate(resource)


class DirectoryService(ScimService):
    """The protocol of the library, with plain pages of its own: the models would take 0.8 ms a record."""

    def __init__(self, directory: Directory) -> None:
        super().__init__(provider())
        self.directory = directory

    def search_response(
        self,
        base_url: str,
        resource_types: list[ResourceType],
        page: SearchPage,
        search_request: SearchRequest[Any],
    ) -> ScimResponse:
        if not isinstance(page, PlainPage):
            return super().search_response(base_url, resource_types, page, search_request)
        body = {
            "schemas": [LIST_RESPONSE],
            "totalResults": page.total,
            "startIndex": search_request.start_index,
            "itemsPerPage": len(page.records),
            "Resources": [
                group_resource(record, self.directory, f"{base_url}/")
                if isinstance(record, Group)
                else user_resource(record, self.directory, f"{base_url}/")
                for record in page.records
            ],
        }
        return ScimResponse(HTTPStatus.OK, body)


class ScimApi(WSGIApplication):
    """The WSGI application, mounted so that its root is `PATH`. It accepts one bearer token."""

    def __init__(self, directory: Directory, token: str) -> None:
        super().__init__(DirectoryStorage(directory), provider(), DirectoryService(directory))
        self.token = token

    def check_auth(self, request: ScimRequest) -> None:
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or token.strip() != self.token:
            raise UnauthorizedException


@cache
def provider() -> ScimProvider:
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=LARGEST_PAGE),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        pagination=Pagination(
            index=True, cursor=False, default_page_size=PAGE_SIZE, max_page_size=LARGEST_PAGE
        ),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="The token that the admin settings generate",
            )
        ],
    )
    return ScimProvider.from_discovery(
        load_default_schemas().values(), load_default_resource_types().values(), config=config
    )
