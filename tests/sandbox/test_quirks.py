"""Each quirk does over real HTTP what its name says, and nothing to what it does not name."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from random import Random
from typing import Any

import pytest
import requests

from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.quirks import QUIRKS
from freshsales_sandbox.records import RECORD_TYPES, UNOWNED, owned, owners_of
from tests.sandbox.asking import ENTERPRISE, JSON, Client

PEOPLE = 60
Check = Callable[[Sandbox, Client], None]
CHECKS: dict[str, Check] = {}


def check(name: str) -> Callable[[Check], Check]:
    def keep(function: Check) -> Check:
        CHECKS[name] = function
        return function

    return keep


@contextmanager
def odd(*quirks: str, quota: str | None = None) -> Iterator[tuple[Sandbox, Client]]:
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(people=PEOPLE, quirks=quirks, quota=quota))
        yield sandbox, stack.enter_context(Client(sandbox))


@pytest.mark.parametrize("name", QUIRKS)
def test_a_quirk_does_what_its_name_says(name: str) -> None:
    quota = "3/h" if name.startswith("quota-") else None
    with odd(name, quota=quota) as (sandbox, client):
        CHECKS[name](sandbox, client)


@pytest.mark.parametrize("name", QUIRKS)
def test_its_check_fails_where_the_quirk_is_not(name: str) -> None:
    quota = "3/h" if name.startswith("quota-") else None
    with odd(quota=quota) as (sandbox, client), pytest.raises((AssertionError, LookupError, TypeError)):
        CHECKS[name](sandbox, client)


def test_no_check_is_of_a_quirk_that_is_gone() -> None:
    assert set(CHECKS) == set(QUIRKS)


def test_an_unknown_quirk_is_a_sentence() -> None:
    with pytest.raises(ValueError, match="there is no quirk 'scim-nonsense'"):
        Sandbox(people=1, quirks="scim-nonsense")


def test_quirks_combine() -> None:
    with odd("scim-count-capped", "scim-total-as-text", "scim-other-case", "scim-no-members,rest-meta") as (
        _,
        client,
    ):
        page = client.scim("Groups", startIndex=2, count=50).json()
        assert len(page["Resources".upper()]) == 10
        assert isinstance(page["TotalResults"], str)
        assert "MEMBERS" not in page["RESOURCES"][0]
        assert "meta" in client.rest("selector/roles").json()


@pytest.mark.parametrize("seed", range(20))
def test_no_handful_of_quirks_breaks_the_server(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    names = Random(seed).sample(list(QUIRKS), 6)
    with odd(*names) as (sandbox, client):
        for path in ("selector/owners", "selector/roles", "settings/profile"):
            client.rest(path, page=2, per_page=10)
        for path in ("Users", "Groups", "Users/nobody"):
            client.scim(path, startIndex=5, count=10)
            client.scim(path, cursor="nonsense")
        assert 0 not in {request.status for request in sandbox.requests}
    # Other tests of the worker may have made the log tell more.
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING], names


def test_all_shapes_of_resources_combine() -> None:
    shapes = [
        name for name in QUIRKS if name.startswith("scim-") and QUIRKS[name].make.__module__.endswith("shape")
    ]
    with odd(*shapes) as (_, client):
        assert client.scim("Users").status_code == 200
        assert client.scim("Groups").status_code == 200


# REST


def owners(client: Client, **query: Any) -> list[JSON]:
    records: list[JSON] = client.rest("selector/owners", **query).json()["users"]
    return records


def ids(records: list[JSON]) -> list[str]:
    return [str(record["id"]) for record in records]


@check("rest-page-ignored")
def _(sandbox: Sandbox, client: Client) -> None:
    for page in (1, 2, 9):
        assert ids(owners(client, page=page, per_page=10)) == sandbox.directory.ids("owners")


@check("rest-per-page-ignored")
def _(_: Sandbox, client: Client) -> None:
    assert len(owners(client, per_page=40)) == 25


@check("rest-per-page-capped")
def _(sandbox: Sandbox, client: Client) -> None:
    assert len(owners(client, per_page=40)) == 10
    assert ids(owners(client, page=2, per_page=40)) == sandbox.directory.ids("owners")[10:20]


@check("rest-meta")
def _(sandbox: Sandbox, client: Client) -> None:
    total = len(sandbox.directory.owners())
    body = client.rest("selector/owners", page=2, per_page=20).json()
    assert body["meta"] == {"total_pages": -(-total // 20), "total": total}
    assert len(body["users"]) == 20


@check("rest-past-end-404")
def _(_: Sandbox, client: Client) -> None:
    assert client.rest("selector/owners", page=2).status_code == 200
    assert client.rest("selector/owners", page=9).status_code == 404


@check("rest-front-redirects")
def _(_: Sandbox, client: Client) -> None:
    for path in ("selector/owners", "settings/profile"):
        answer = client.rest(path, page=2)
        assert answer.status_code == 308
        assert answer.headers["Location"].endswith(f"/crm/sales/api/{path}/?page=2")
        assert client.rest(path + "/", page=1).status_code == 200
    assert client.scim("Users").status_code == 200


@check("scim-front-redirects")
def _(_: Sandbox, client: Client) -> None:
    answer = client.scim("Users", startIndex=3)
    assert answer.status_code == 308
    assert answer.headers["Location"].endswith("/scim/v2/Users/?startIndex=3")
    assert client.scim("Users/", startIndex=3).json()["startIndex"] == 3
    assert client.rest("selector/owners").status_code == 200


@check("rest-front-repeats")
def _(sandbox: Sandbox, client: Client) -> None:
    pages = [ids(owners(client, page=page, per_page=10)) for page in (1, 2, 3, 3)]
    truth = sandbox.directory.ids("owners")
    assert pages == [truth[:10], truth[10:20], truth[10:20], truth[20:30]]


@check("rest-front-empties")
def _(sandbox: Sandbox, client: Client) -> None:
    pages = [ids(owners(client, page=page, per_page=10)) for page in (1, 2, 3, 3)]
    truth = sandbox.directory.ids("owners")
    assert pages == [truth[:10], truth[10:20], [], truth[20:30]]


@check("scim-front-repeats")
def _(_: Sandbox, client: Client) -> None:
    first, second, third, again = (
        client.scim("Users", startIndex=start, count=10).json() for start in (1, 11, 21, 21)
    )
    assert third == second != first
    assert again["startIndex"] == 21


@check("scim-front-empties")
def _(_: Sandbox, client: Client) -> None:
    first, _second, third, again = (
        client.scim("Users", startIndex=start, count=10).json() for start in (1, 11, 21, 21)
    )
    assert (third["totalResults"], third["Resources"]) == (0, [])
    assert again["totalResults"] == first["totalResults"] > 0


@check("rest-all-users")
def _(sandbox: Sandbox, client: Client) -> None:
    everyone = client.rest_list("selector/owners", "users")
    assert len(everyone) == sum(person.crm_id is not None for person in sandbox.directory.people)
    assert ids(everyone) == sandbox.directory.ids("owners")
    assert {owner["is_active"] for owner in everyone} == {True, False}


@check("rest-seen-fields")
def _(_: Sandbox, client: Client) -> None:
    seen = {"id", "display_name", "email", "is_active", "work_number", "mobile_number"}
    assert set(owners(client)[0]) == seen


@check("rest-null-fields")
def _(_: Sandbox, client: Client) -> None:
    owner = owners(client)[0]
    assert {name for name, value in owner.items() if value is not None} == {"id"}


@check("rest-html-media-type")
def _(_: Sandbox, client: Client) -> None:
    answer = client.rest("selector/owners")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.json()["users"]


@check("rest-byte-order-mark")
def _(_: Sandbox, client: Client) -> None:
    assert client.rest("selector/owners").content.startswith(b"\xef\xbb\xbf{")


@check("rest-null-list")
def _(_: Sandbox, client: Client) -> None:
    assert client.rest("selector/owners", page=99).json()["users"] is None
    assert client.rest("selector/owners").json()["users"]


@check("scim-html-media-type")
def _(_: Sandbox, client: Client) -> None:
    answer = client.scim("Users")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.json()["Resources"]


@check("scim-byte-order-mark")
def _(_: Sandbox, client: Client) -> None:
    assert client.scim("Users").content.startswith(b"\xef\xbb\xbf{")


@check("scim-null-list")
def _(_: Sandbox, client: Client) -> None:
    assert client.scim("Users", startIndex=999).json()["Resources"] is None
    assert client.scim("Users").json()["Resources"]


@check("scim-old-enterprise")
def _(_: Sandbox, client: Client) -> None:
    assert "urn:scim:schemas:extension:enterprise:1.0" in users(client)[0]
    assert ENTERPRISE not in users(client)[0]


@check("scim-flat-enterprise")
def _(_: Sandbox, client: Client) -> None:
    assert f"{ENTERPRISE}:department" in users(client)[0]


@check("scim-empty-elements")
def _(_: Sandbox, client: Client) -> None:
    assert users(client)[0]["emails"][:3] == [None, "", []]
    assert client.scim_list("Groups")[0]["members"][:3] == [None, "", []]


@check("scim-odd-characters")
def _(_: Sandbox, client: Client) -> None:
    assert users(client)[0]["displayName"].endswith("\0\ud83d")


@check("scim-deep-attribute")
def _(_: Sandbox, client: Client) -> None:
    assert client.scim("Users").text.count('"within"') > 300


@check("scim-numeric-names")
def _(_: Sandbox, client: Client) -> None:
    assert isinstance(client.scim_list("Groups")[0]["displayName"], int)


@check("rest-side-loaded-fields")
def _(_: Sandbox, client: Client) -> None:
    owner = owners(client)[0]
    assert (len(owner["uuid"]), owner["job_title"]) == (18, "Account Executive")


@check("rest-several-roles")
def _(_: Sandbox, client: Client) -> None:
    owner = owners(client)[0]
    assert owner["role_ids"] == [str(owner["role_id"]), None]
    assert {role["id"] for role in owner["roles"]} == {owner["role_id"], owner["role_id"] + 1}


@check("rest-unlisted-fields")
def _(_: Sandbox, client: Client) -> None:
    assert owners(client)[0]["beta"] == {"on": True}


@check("rest-html-login")
def _(_: Sandbox, client: Client) -> None:
    for path in ("selector/owners", "settings/profile"):
        page = client.rest(path)
        assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert client.scim("Users").status_code == 200


def _refusing(path: str, status: int) -> Check:
    def verify(_: Sandbox, client: Client) -> None:
        paths = {
            "selector/owners",
            "selector/roles",
            "selector/territories",
            "selector/teams",
            "settings/profile",
        }
        assert client.rest(path).status_code == status
        assert {client.rest(other).status_code for other in paths - {path}} == {200}

    return verify


for _name in QUIRKS:
    if _found := re.fullmatch(r"rest-(owners|roles|territories|teams|profile)-(\d+)", _name):
        _path = "settings/profile" if _found[1] == "profile" else f"selector/{_found[1]}"
        CHECKS[_name] = _refusing(_path, int(_found[2]))


# The search for records of an owner


def total(answer: requests.Response) -> Any:
    return answer.json()["meta"]["total"]


def owner_of(sandbox: Sandbox, record_type: str = "contact", least: int = 101) -> int:
    """Somebody who owns more than a page, and more than where some servers stop counting."""
    counts = owners_of(sandbox.directory, record_type)
    return next(owner_id for owner_id, count in counts.items() if count >= least)


def _refusing_searches(record_types: set[str], status: int) -> Check:
    def verify(_: Sandbox, client: Client) -> None:
        answers = {record_type: client.search(record_type).status_code for record_type in RECORD_TYPES}
        assert answers == {one: status if one in record_types else 200 for one in RECORD_TYPES}
        assert client.rest("selector/owners").status_code == 200

    return verify


for _status in (403, 404, 501):
    CHECKS[f"rest-search-{_status}"] = _refusing_searches({*RECORD_TYPES}, _status)
for _status in (403, 404):
    CHECKS[f"rest-search-deals-{_status}"] = _refusing_searches({"deal"}, _status)


@check("rest-search-unfiltered-400")
def _(sandbox: Sandbox, client: Client) -> None:
    assert client.search("deal").status_code == 400
    assert client.search("deal", owner_of(sandbox)).status_code == 200


@check("rest-search-429")
def _(_: Sandbox, client: Client) -> None:
    answers = [client.search("deal") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 200]
    assert answers[2].headers["Retry-After"] == "1"


@check("rest-search-filter-ignored")
def _(sandbox: Sandbox, client: Client) -> None:
    assert total(client.search("contact", owner_of(sandbox))) == total(client.search("contact"))
    assert total(client.search("contact", 1)) == total(client.search("contact"))


@check("rest-search-filter-ignored-for-owners")
def _(sandbox: Sandbox, client: Client) -> None:
    assert total(client.search("contact", owner_of(sandbox))) == total(client.search("contact"))
    assert total(client.search("contact", 1)) == 0


@check("rest-search-unowned-for-unknown")
def _(sandbox: Sandbox, client: Client) -> None:
    assert (
        total(client.search("contact", 1)) == len(client.search("contact", 1).json()["contacts"]) == UNOWNED
    )
    assert total(client.search("contact", owner_of(sandbox))) == owned("contact", owner_of(sandbox))


@check("rest-search-other-attribute")
def _(sandbox: Sandbox, client: Client) -> None:
    owner_id = owner_of(sandbox)
    records = client.search("contact", owner_id).json()["contacts"]
    assert owner_id not in {record["owner_id"] for record in records}


@check("rest-search-no-meta")
def _(_: Sandbox, client: Client) -> None:
    body = client.search("contact").json()
    assert (len(body["contacts"]), "meta" in body) == (25, False)


@check("rest-search-total-as-text")
def _(sandbox: Sandbox, client: Client) -> None:
    owner_id = owner_of(sandbox)
    assert total(client.search("contact", owner_id)) == str(owned("contact", owner_id))


@check("rest-search-page-total")
def _(sandbox: Sandbox, client: Client) -> None:
    assert total(client.search("contact")) == total(client.search("contact", owner_of(sandbox))) == 25


@check("rest-search-pages-total")
def _(sandbox: Sandbox, client: Client) -> None:
    owner_id = owner_of(sandbox)
    assert total(client.search("contact", owner_id)) == -(-owned("contact", owner_id) // 25)


@check("rest-search-capped")
def _(sandbox: Sandbox, client: Client) -> None:
    assert total(client.search("contact", owner_of(sandbox))) == 100
    assert total(client.search("contact")) > 100


@check("rest-search-grows")
def _(sandbox: Sandbox, client: Client) -> None:
    totals = [total(client.search("contact")) for _ in range(3)]
    assert totals == sorted({*totals})
    owner_id = owner_of(sandbox)
    assert total(client.search("contact", owner_id)) == owned("contact", owner_id)


@check("rest-search-bare-records")
def _(_: Sandbox, client: Client) -> None:
    assert list(client.search("contact").json()["contacts"][0]) == ["id"]


# Quota: a company that may ask three times an hour


@check("quota-no-headers")
def _(_: Sandbox, client: Client) -> None:
    answers = [client.rest("selector/roles") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert not any("ratelimit" in name.lower() or name == "Retry-After" for name in answers[-1].headers)


@check("quota-lower-case")
def _(_: Sandbox, client: Client) -> None:
    names = [name for name in client.rest("selector/roles").headers if "ratelimit" in name.lower()]
    assert names == ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]


@check("quota-ratelimit")
def _(_: Sandbox, client: Client) -> None:
    names = [name for name in client.scim("Users").headers if "ratelimit" in name.lower()]
    assert names == ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]


@check("quota-reset-seconds-left")
def _(_: Sandbox, client: Client) -> None:
    assert 3500 < int(client.rest("selector/roles").headers["X-RateLimit-Reset"]) <= 3601


@check("quota-reset-milliseconds")
def _(_: Sandbox, client: Client) -> None:
    reset = int(client.rest("selector/roles").headers["X-RateLimit-Reset"])
    assert abs(reset / 1000 - time.time() - 3600) < 60


@check("quota-x-rate-limit")
def _(_: Sandbox, client: Client) -> None:
    names = [name for name in client.scim("Users").headers if "rate" in name.lower()]
    assert names == ["X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset"]


@check("quota-total")
def _(_: Sandbox, client: Client) -> None:
    headers = client.rest("selector/roles").headers
    assert (headers["X-RateLimit-Total"], "X-RateLimit-Limit" in headers) == ("3", False)


@check("quota-reset-date")
def _(_: Sandbox, client: Client) -> None:
    reset = client.rest("selector/roles").headers["X-RateLimit-Reset"]
    assert reset.endswith("+05:45")
    assert abs(datetime.fromisoformat(reset).timestamp() - time.time() - 3600) < 60


@check("quota-reset-duration")
def _(_: Sandbox, client: Client) -> None:
    reset = client.rest("selector/roles").headers["X-RateLimit-Reset"]
    assert reset.endswith("ms")
    assert 3_500_000 < int(reset[:-2]) <= 3_601_000


@check("quota-structured")
def _(_: Sandbox, client: Client) -> None:
    headers = client.rest("selector/roles").headers
    assert headers["RateLimit"].startswith('"default";r=2;t=')
    assert headers["RateLimit-Policy"] == '"default";q=3;w=3600'
    assert "X-RateLimit-Limit" not in headers


@check("quota-unlimited")
def _(_: Sandbox, client: Client) -> None:
    headers = client.rest("selector/roles").headers
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("0", "0")


@check("quota-403")
def _(_: Sandbox, client: Client) -> None:
    answers = [client.rest("selector/roles") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 403]
    assert 3500 < int(answers[3].headers["Retry-After"]) <= 3600


@check("quota-retry-after")
def _(_: Sandbox, client: Client) -> None:
    answers = [client.rest("selector/roles") for _ in range(4)]
    assert "Retry-After" not in answers[0].headers
    assert 3500 < int(answers[3].headers["Retry-After"]) <= 3600


# SCIM, answers


@check("scim-html-login")
def _(_: Sandbox, client: Client) -> None:
    page = client.scim("Users")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert client.rest("selector/roles").json()


@check("scim-403")
def _(_: Sandbox, client: Client) -> None:
    assert {client.scim(path).status_code for path in ("Users", "Groups", "Schemas")} == {403}


@check("scim-404")
def _(_: Sandbox, client: Client) -> None:
    assert {client.scim(path).status_code for path in ("Users", "Groups", "Schemas")} == {404}


@check("scim-json-media-type")
def _(_: Sandbox, client: Client) -> None:
    assert client.scim("Users").headers["Content-Type"] == "application/json"


@check("scim-html-errors")
def _(_: Sandbox, client: Client) -> None:
    error = client.scim("Users/nobody")
    assert (error.status_code, error.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


@check("scim-empty-401")
def _(sandbox: Sandbox, client: Client) -> None:
    with Client(sandbox, scim_token="wrong") as stranger:
        refusal = stranger.scim("Users")
    assert (refusal.status_code, refusal.content) == (401, b"")
    assert client.scim("Users/nobody").content


@check("scim-status-number")
def _(_: Sandbox, client: Client) -> None:
    assert client.scim("Users/nobody").json()["status"] == 404


@check("scim-groups-404")
def _(_: Sandbox, client: Client) -> None:
    assert (client.scim("Groups").status_code, client.scim("Users").status_code) == (404, 200)


@check("scim-groups-501")
def _(_: Sandbox, client: Client) -> None:
    assert (client.scim("Groups").status_code, client.scim("Users").status_code) == (501, 200)


@check("scim-no-service-provider-config")
def _(_: Sandbox, client: Client) -> None:
    assert client.scim("ServiceProviderConfig").status_code == 404
    assert client.scim("Users").status_code == 200


FILTER = 'meta.lastModified ge "2026-01-05T08:00:00Z"'


def _filtered_status(status: int) -> Check:
    def verify(_: Sandbox, client: Client) -> None:
        assert client.scim("Users", filter=FILTER).status_code == status
        assert client.scim("Users").status_code == 200

    return verify


CHECKS["scim-filter-500"] = _filtered_status(500)
CHECKS["scim-filter-501"] = _filtered_status(501)


@check("scim-filter-400")
def _(_: Sandbox, client: Client) -> None:
    refusal = client.scim("Users", filter=FILTER)
    assert (refusal.status_code, refusal.json()["scimType"]) == (400, "invalidFilter")


@check("scim-filter-ignored")
def _(sandbox: Sandbox, client: Client) -> None:
    assert client.scim("Users", filter=FILTER).json()["totalResults"] == len(sandbox.directory.users())


@check("scim-filter-empty")
def _(_: Sandbox, client: Client) -> None:
    body = client.scim("Users", filter='meta.lastModified ge "1999-01-01T00:00:00Z"').json()
    assert (body["totalResults"], body["Resources"]) == (0, [])
    assert client.scim("Users").json()["totalResults"]


@check("scim-delete-deactivates")
def _(sandbox: Sandbox, client: Client) -> None:
    person = sandbox.directory.owners()[3]
    with Client(sandbox, scim_token="wrong") as stranger:
        assert stranger.scim(f"Users/{person.scim_id}", "DELETE").status_code == 401
    assert client.scim(f"Users/{person.scim_id}", "DELETE").status_code == 204
    assert client.scim(f"Users/{person.scim_id}").json()["active"] is False
    assert str(person.crm_id) not in sandbox.directory.ids("owners")
    group = sandbox.directory.groups[-1]
    client.scim(f"Groups/{group.scim_id}", "DELETE")
    assert client.scim(f"Groups/{group.scim_id}").status_code == 404


# SCIM, shapes


def users(client: Client, **query: Any) -> list[JSON]:
    records: list[JSON] = client.scim("Users", **({"count": 100} | query)).json()["Resources"]
    return records


def groups(client: Client) -> list[JSON]:
    records: list[JSON] = client.scim("Groups", count=100).json()["Resources"]
    return records


@check("scim-other-case")
def _(_: Sandbox, client: Client) -> None:
    body = client.scim("Users").json()
    user = body["RESOURCES"][0]
    assert "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user" in user
    assert {"UserName", "Id", "Active"} <= set(user)


def _booleans(value: object) -> Check:
    def verify(_: Sandbox, client: Client) -> None:
        active = {str(user["active"]): user["active"] for user in users(client)}
        assert active[str(value)] == value
        assert type(active[str(value)]) is type(value)
        emails = [email for user in users(client) for email in user["emails"] if "primary" in email]
        assert emails[0]["primary"] == value

    return verify


def _either(verify: Check, *names: str) -> None:
    CHECKS.update(dict.fromkeys(names, verify))


_either(_booleans("True"), "scim-booleans-as-text")
_either(_booleans(1), "scim-booleans-as-numbers")


@check("scim-no-meta")
def _(_: Sandbox, client: Client) -> None:
    assert not any("meta" in record for record in users(client) + groups(client))


@check("scim-groups-undated")
def _(_: Sandbox, client: Client) -> None:
    assert "created" in users(client)[0]["meta"]
    assert not {"created", "lastModified"} & set(groups(client)[0]["meta"])
    assert groups(client)[0]["meta"]["location"]


@check("scim-relative-location")
def _(_: Sandbox, client: Client) -> None:
    user = users(client)[0]
    assert user["meta"]["location"] == f"/Users/{user['id']}"


@check("scim-bare-emails")
def _(sandbox: Sandbox, client: Client) -> None:
    assert users(client)[0]["emails"][0] == sandbox.directory.users()[0].email


@check("scim-bare-manager")
def _(sandbox: Sandbox, client: Client) -> None:
    for user, person in zip(users(client), sandbox.directory.users(), strict=True):
        assert user[ENTERPRISE].get("manager") == person.manager_id


@check("scim-unknown-extension")
def _(_: Sandbox, client: Client) -> None:
    user = users(client)[0]
    assert isinstance(user[user["schemas"][-1]], dict)
    assert user["schemas"][-1].startswith("urn:example:")


@check("scim-one-email")
def _(sandbox: Sandbox, client: Client) -> None:
    assert any(person.aliases for person in sandbox.directory.users())
    assert all(len(user["emails"]) == 1 for user in users(client))


@check("scim-email-domain-lower")
def _(_: Sandbox, client: Client) -> None:
    user = next(user for user in users(client) if "@" in user["userName"])
    assert user["emails"][0]["value"] != user["userName"]
    assert user["emails"][0]["value"] == user["userName"].lower()


@check("scim-empty-external-id")
def _(_: Sandbox, client: Client) -> None:
    assert {record["externalId"] for record in users(client) + groups(client)} == {""}


@check("scim-no-members")
def _(_: Sandbox, client: Client) -> None:
    assert not any("members" in group for group in groups(client))


@check("scim-list-without-members")
def _(_: Sandbox, client: Client) -> None:
    listed = groups(client)
    assert not any("members" in group for group in listed)
    assert any(client.scim(f"Groups/{group['id']}").json()["members"] for group in listed)


@check("scim-list-members-empty")
def _(_: Sandbox, client: Client) -> None:
    listed = groups(client)
    assert all(group["members"] == [] for group in listed)
    assert any(client.scim(f"Groups/{group['id']}").json()["members"] for group in listed)


@check("scim-members-only-value")
def _(_: Sandbox, client: Client) -> None:
    assert {tuple(member) for group in groups(client) for member in group["members"]} == {("value",)}


@check("scim-last-modified-frozen")
def _(_: Sandbox, client: Client) -> None:
    before = users(client)[3]
    client.patch(f"Users/{before['id']}", displayName="Another Name")
    after = users(client)[3]
    assert after["displayName"] == "Another Name"
    assert after["meta"]["lastModified"] == before["meta"]["lastModified"]


# SCIM, paging


def page(client: Client, start: int, size: int, **query: Any) -> JSON:
    body: JSON = client.scim("Users", startIndex=start, count=size, **query).json()
    return body


def places(sandbox: Sandbox, body: JSON) -> list[int]:
    """Where in the list the records of a page stand, from 1."""
    order = sandbox.directory.ids("scim_users")
    return [order.index(user["id"]) + 1 for user in body["Resources"]]


@check("scim-start-index-echoed")
def _(_: Sandbox, client: Client) -> None:
    assert page(client, -3, 5)["startIndex"] == -3


@check("scim-items-per-page-echoed")
def _(_: Sandbox, client: Client) -> None:
    body = page(client, 1, 500)
    assert (body["itemsPerPage"], len(body["Resources"]) < 500) == (500, True)


@check("scim-no-items-per-page")
def _(_: Sandbox, client: Client) -> None:
    assert {"itemsPerPage", "startIndex"} - set(page(client, 1, 5)) == {"itemsPerPage"}


@check("scim-no-start-index")
def _(_: Sandbox, client: Client) -> None:
    assert {"itemsPerPage", "startIndex"} - set(page(client, 1, 5)) == {"startIndex"}


@check("scim-no-empty-resources")
def _(_: Sandbox, client: Client) -> None:
    assert "Resources" in page(client, 1, 5)
    assert "Resources" not in page(client, 500, 5)


@check("scim-total-as-text")
def _(sandbox: Sandbox, client: Client) -> None:
    assert page(client, 1, 5)["totalResults"] == str(len(sandbox.directory.users()))


@check("scim-total-changes")
def _(_: Sandbox, client: Client) -> None:
    assert len({page(client, 1, 5)["totalResults"] for _ in range(2)}) == 2


@check("scim-total-too-high")
def _(sandbox: Sandbox, client: Client) -> None:
    assert page(client, 1, 5)["totalResults"] == len(client.scim_list("Users")) + 3
    assert len(client.scim_list("Users")) == len(sandbox.directory.users())


@check("scim-page-total")
def _(sandbox: Sandbox, client: Client) -> None:
    body = page(client, 11, 10)
    assert (body["totalResults"], places(sandbox, body)) == (10, list(range(11, 21)))


@check("scim-page-total-only")
def _(sandbox: Sandbox, client: Client) -> None:
    body = page(client, 11, 10)
    assert (body["totalResults"], places(sandbox, body)) == (10, list(range(1, 11)))


@check("scim-needs-both")
def _(_: Sandbox, client: Client) -> None:
    assert len(page(client, 1, 10)["Resources"]) == 10
    some: list[JSON] = [{}, {"count": 10}, {"startIndex": 1}]
    for query in some:
        body = client.scim("Users", **query).json()
        assert (body["totalResults"], body["Resources"]) == (0, [])


@check("scim-strict-start-index")
def _(_: Sandbox, client: Client) -> None:
    statuses = [client.scim("Users", startIndex=start).status_code for start in (0, -1, 1)]
    assert statuses == [400, 400, 200]


@check("scim-strict-count")
def _(_: Sandbox, client: Client) -> None:
    assert [client.scim("Users", count=count).status_code for count in (51, 50)] == [400, 200]


def _walk_cursors(client: Client, **query: Any) -> Iterator[JSON]:
    cursor: dict[str, Any] = {}
    while True:
        body = client.scim("Users", **query, **cursor).json()
        yield body
        if "nextCursor" not in body:
            return
        cursor = {"cursor": body["nextCursor"]}


@check("scim-cursor")
def _(sandbox: Sandbox, client: Client) -> None:
    pages = list(_walk_cursors(client, startIndex=31, count=10))
    read = [user["id"] for body in pages for user in body["Resources"]]
    assert read == sandbox.directory.ids("scim_users")
    assert not any({"totalResults", "startIndex"} & set(body) for body in pages)
    other = client.scim("Users", startIndex=31, count=9, cursor=pages[0]["nextCursor"])
    assert (other.status_code, other.json()["scimType"]) == (400, "invalidCursor")


@check("scim-cursor-total")
def _(sandbox: Sandbox, client: Client) -> None:
    pages = list(_walk_cursors(client, count=20))
    assert {body["totalResults"] for body in pages} == {len(sandbox.directory.users())}
    assert len(pages) == 3


@check("scim-cursor-expires")
def _(_: Sandbox, client: Client) -> None:
    cursor = page(client, 1, 10)["nextCursor"]
    expired = client.scim("Users", startIndex=1, count=10, cursor=cursor)
    assert (expired.status_code, expired.json()["scimType"]) == (400, "expiredCursor")
    assert client.scim("Users", startIndex=1, count=10, cursor=cursor).status_code == 200


@check("scim-past-end-again")
def _(sandbox: Sandbox, client: Client) -> None:
    assert places(sandbox, page(client, 500, 10)) == list(range(1, 11))
    assert places(sandbox, page(client, 5, 2)) == [5, 6]


@check("scim-start-index-ignored")
def _(sandbox: Sandbox, client: Client) -> None:
    body = page(client, 21, 10)
    assert places(sandbox, body) == list(range(1, 11))
    assert body["totalResults"] == len(sandbox.directory.users())


@check("scim-page-number")
def _(sandbox: Sandbox, client: Client) -> None:
    for start in (11, 15, 20):
        body = page(client, start, 10)
        assert (body["startIndex"], places(sandbox, body)) == (11, list(range(11, 21)))


@check("scim-page-number-next")
def _(sandbox: Sandbox, client: Client) -> None:
    assert places(sandbox, page(client, 11, 10)) == list(range(11, 21))
    assert places(sandbox, page(client, 12, 10)) == list(range(21, 31))


@check("scim-pages-overlap")
def _(sandbox: Sandbox, client: Client) -> None:
    assert places(sandbox, page(client, 1, 5)) == [1, 2, 3, 4, 5]
    assert places(sandbox, page(client, 6, 5)) == [4, 5, 6, 7, 8]


@check("scim-pages-skip")
def _(sandbox: Sandbox, client: Client) -> None:
    assert places(sandbox, page(client, 6, 5)) == [8, 9, 10, 11, 12]


@check("scim-count-capped")
def _(sandbox: Sandbox, client: Client) -> None:
    assert places(sandbox, page(client, 1, 50)) == list(range(1, 11))


@check("scim-short-pages")
def _(sandbox: Sandbox, client: Client) -> None:
    assert places(sandbox, page(client, 1, 30)) == list(range(1, 21))
    assert places(sandbox, page(client, 1, 1)) == [1]


@check("scim-order-by-id")
def _(sandbox: Sandbox, client: Client) -> None:
    for path in ("Users", "Groups"):
        read = [record["id"] for record in client.scim_list(path)]
        assert read == sorted(read)
    assert ids(owners(client, per_page=100)) == [
        str(person.crm_id) for person in sandbox.directory.people if person.is_owner
    ]


@check("scim-order-unstable")
def _(sandbox: Sandbox, client: Client) -> None:
    orders = [[user["id"] for user in users(client)] for _ in range(3)]
    assert orders[0] != orders[1] != orders[2]
    assert set(orders[0]) == set(sandbox.directory.ids("scim_users"))
