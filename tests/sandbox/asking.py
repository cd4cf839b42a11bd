"""A plain client of the two APIs, which never follows a redirect."""

from __future__ import annotations

from itertools import count
from types import TracebackType
from typing import Any, Self

import requests

from freshsales_sandbox.app import Sandbox

JSON = dict[str, Any]
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


class Client:
    def __init__(
        self, sandbox: Sandbox, *, api_key: str | None = None, scim_token: str | None = None
    ) -> None:
        self.rest_url = sandbox.config["rest_api_url"]
        self.scim_url = sandbox.config["scim_api_url"]
        self.api_key = api_key or sandbox.config["api_key"]
        self.scim_token = scim_token or sandbox.config["scim_token"]
        self.session = requests.Session()
        self.session.trust_env = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()

    def rest(self, path: str, *, timeout: float = 10, **query: Any) -> requests.Response:
        return self.session.get(
            f"{self.rest_url}/{path}",
            params=query,
            headers={"Authorization": f"Token token={self.api_key}"},
            allow_redirects=False,
            timeout=timeout,
        )

    def search(self, record_type: str, *owner_ids: int, page: int = 1) -> requests.Response:
        """Records of these owners; of everybody where none is named."""
        rule = {"attribute": "owner_id", "operator": "is_in", "value": list(owner_ids)}
        return self.session.post(
            f"{self.rest_url}/filtered_search/{record_type}",
            params={"page": page},
            json={"filter_rule": [rule] if owner_ids else []},
            headers={"Authorization": f"Token token={self.api_key}"},
            allow_redirects=False,
            timeout=10,
        )

    def scim(
        self, path: str, method: str = "GET", json: object = None, *, timeout: float = 10, **query: Any
    ) -> requests.Response:
        return self.session.request(
            method,
            f"{self.scim_url}/{path}",
            params=query,
            json=json,
            headers={"Authorization": f"Bearer {self.scim_token}"},
            allow_redirects=False,
            timeout=timeout,
        )

    def patch(self, path: str, **values: object) -> requests.Response:
        operations = [{"op": "replace", "path": name, "value": value} for name, value in values.items()]
        return self.scim(path, "PATCH", {"schemas": [PATCH_OP], "Operations": operations})

    def rest_list(self, path: str, key: str, size: int = 100) -> list[JSON]:
        """Read pages until an empty one."""
        records: list[JSON] = []
        for number in count(1):
            page = self.rest(path, page=number, per_page=size).json()[key]
            if not page:
                break
            records += page
        return records

    def scim_list(self, path: str, size: int = 100) -> list[JSON]:
        """Read pages until an empty one."""
        records: list[JSON] = []
        while page := self.scim(path, startIndex=len(records) + 1, count=size).json()["Resources"]:
            records += page
        return records
