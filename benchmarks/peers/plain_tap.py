"""The baseline: the same two streams, as the template of the Singer SDK makes them."""

from __future__ import annotations

from typing import Any

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import APIKeyAuthenticator, BearerTokenAuthenticator
from singer_sdk.pagination import BaseOffsetPaginator, BasePageNumberPaginator

PAGE_SIZE = 100


class OwnersPaginator(BasePageNumberPaginator):
    def has_more(self, response: Any) -> bool:
        total_pages: int = response.json()["meta"]["total_pages"]
        return self.current_value < total_pages


class UsersPaginator(BaseOffsetPaginator):
    def has_more(self, response: Any) -> bool:
        total: int = response.json()["totalResults"]
        return self.current_value + self._page_size <= total


class Owners(RESTStream[int]):
    name = "owners"
    path = "/selector/owners"
    primary_keys = ("id",)
    records_jsonpath = "$.users[*]"
    schema = th.PropertiesList(
        th.Property("id", th.IntegerType, required=True),
        th.Property("name", th.StringType),
        th.Property("display_name", th.StringType),
        th.Property("first_name", th.StringType),
        th.Property("last_name", th.StringType),
        th.Property("email", th.StringType),
        th.Property("phone", th.StringType),
        th.Property("mobile", th.StringType),
        th.Property("role_id", th.IntegerType),
        th.Property("territory_id", th.IntegerType),
        th.Property("is_active", th.BooleanType),
        th.Property("time_zone", th.StringType),
        th.Property("language", th.StringType),
        th.Property("created_at", th.DateTimeType),
        th.Property("updated_at", th.DateTimeType),
    ).to_dict()

    @property
    def url_base(self) -> str:
        return str(self.config["rest_api_url"])

    @property
    def authenticator(self) -> APIKeyAuthenticator:
        return APIKeyAuthenticator(
            key="Authorization", value=f"Token token={self.config['api_key']}", location="header"
        )

    def get_new_paginator(self) -> OwnersPaginator:
        return OwnersPaginator(start_value=1)

    def get_url_params(self, context: Any, next_page_token: int | None) -> dict[str, Any]:  # noqa: ARG002
        return {"page": next_page_token, "per_page": PAGE_SIZE}


class ScimUsers(RESTStream[int]):
    name = "scim_users"
    path = "/Users"
    primary_keys = ("id",)
    records_jsonpath = "$.Resources[*]"
    schema = th.PropertiesList(
        th.Property("schemas", th.ArrayType(th.StringType)),
        th.Property("id", th.StringType, required=True),
        th.Property("externalId", th.StringType),
        th.Property("userName", th.StringType),
        th.Property(
            "name",
            th.ObjectType(
                th.Property("givenName", th.StringType),
                th.Property("familyName", th.StringType),
                th.Property("formatted", th.StringType),
            ),
        ),
        th.Property("displayName", th.StringType),
        th.Property("title", th.StringType),
        th.Property("userType", th.StringType),
        th.Property("preferredLanguage", th.StringType),
        th.Property("locale", th.StringType),
        th.Property("timezone", th.StringType),
        th.Property("active", th.BooleanType),
        th.Property(
            "emails",
            th.ArrayType(
                th.ObjectType(
                    th.Property("value", th.StringType),
                    th.Property("type", th.StringType),
                    th.Property("primary", th.BooleanType),
                )
            ),
        ),
        th.Property(
            "phoneNumbers",
            th.ArrayType(
                th.ObjectType(th.Property("value", th.StringType), th.Property("type", th.StringType))
            ),
        ),
        th.Property(
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            th.ObjectType(
                th.Property("employeeNumber", th.StringType),
                th.Property("department", th.StringType),
                th.Property("organization", th.StringType),
                th.Property(
                    "manager",
                    th.ObjectType(
                        th.Property("value", th.StringType), th.Property("displayName", th.StringType)
                    ),
                ),
            ),
        ),
        th.Property(
            "meta",
            th.ObjectType(
                th.Property("resourceType", th.StringType),
                th.Property("created", th.DateTimeType),
                th.Property("lastModified", th.DateTimeType),
                th.Property("location", th.StringType),
                th.Property("version", th.StringType),
            ),
        ),
    ).to_dict()

    @property
    def url_base(self) -> str:
        return str(self.config["scim_api_url"])

    @property
    def authenticator(self) -> BearerTokenAuthenticator:
        return BearerTokenAuthenticator(token=self.config["scim_token"])

    def get_new_paginator(self) -> UsersPaginator:
        return UsersPaginator(start_value=1, page_size=PAGE_SIZE)

    def get_url_params(self, context: Any, next_page_token: int | None) -> dict[str, Any]:  # noqa: ARG002
        return {"startIndex": next_page_token, "count": PAGE_SIZE}


class PlainTap(Tap):
    name = "plain-tap"
    config_jsonschema = th.PropertiesList(
        th.Property("api_key", th.StringType, required=True, secret=True),
        th.Property("scim_token", th.StringType, required=True, secret=True),
        th.Property("rest_api_url", th.StringType, required=True),
        th.Property("scim_api_url", th.StringType, required=True),
    ).to_dict()

    def discover_streams(self) -> list[RESTStream[int]]:
        return [Owners(self), ScimUsers(self)]


if __name__ == "__main__":
    PlainTap.cli()
