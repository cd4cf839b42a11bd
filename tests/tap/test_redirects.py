"""Redirects: followed to the same origin with the same question, refused to any other, and never for ever."""

import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from werkzeug import Request, Response
from werkzeug.datastructures import Headers

from tap_freshsales_users.api.redirects import FOLLOWED, RefusedRedirectError, follow
from tests.tap.answering import AnsweringServer, json_answer
from tests.tap.running import Outcome, run_tap

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PEOPLE = [f"person-{number}" for number in range(7)]
USERS, OWNERS = "/scim/Users", "/rest/selector/owners"


def roster(request: Request) -> Response:
    """Answer both surfaces a page at a time."""
    if request.path.startswith("/scim/Groups"):
        return json_answer("{}", 404)
    if request.path.startswith("/scim/"):
        start, count = int(request.args["startIndex"]), int(request.args["count"])
        page = [{"id": person} for person in PEOPLE[start - 1 : start - 1 + count]]
        return json_answer(json.dumps({"totalResults": len(PEOPLE), "Resources": page}))
    if not request.path.startswith(OWNERS):
        return json_answer("{}", 404)
    page_number, size = int(request.args["page"]), int(request.args["per_page"])
    ids = range(len(PEOPLE))[(page_number - 1) * size : page_number * size]
    return json_answer(json.dumps({"users": [{"id": 1 + number} for number in ids]}))


def run(server: AnsweringServer, tmp_path: Path, **settings: object) -> Outcome:
    config = {**server.config, "page_size": 3, "max_attempts": 2, "max_in_flight": 2, **settings}
    return run_tap(config, tmp_path)


def here(request: Request, path: str) -> str:
    return f"{path}?{request.query_string.decode()}"


class Raw(Response):
    """Sends its headers as they are; a Location is made a proper URL otherwise."""

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:  # noqa: ARG002
        return self.headers


LOCATIONS = {
    "absolute": "http://{host}{path}/?{query}",
    "upper-case": "HTTP://{host}{path}/?{query}",
    "path": "{path}/?{query}",
    "no-scheme": "//{host}{path}/?{query}",
    "relative": "{last}/?{query}",
    "fragment": "{path}/?{query}#top",
    "more-asked": "{path}/?{query}&tenant=7",
    "re-ordered": "{path}/?{reversed}",
}


def redirect(status: int, location: str, request: Request) -> Response:
    query = request.query_string.decode()
    place = location.format(
        host=request.host,
        path=request.path,
        last=request.path.rpartition("/")[2],
        query=query,
        reversed="&".join(reversed(query.split("&"))),
    )
    return Raw("", status, {"Location": place, "Content-Length": "0"})


@pytest.mark.parametrize(
    ("status", "location"),
    [
        *((308, location) for location in LOCATIONS),
        *((status, "path") for status in sorted(FOLLOWED - {308})),
    ],
)
def test_a_redirect_to_the_same_origin_is_followed_on_every_page(
    status: int, location: str, tmp_path: Path
) -> None:
    def answer(request: Request) -> Response:
        if request.path.rstrip("/") in {USERS, OWNERS} and not request.path.endswith("/"):
            return redirect(status, LOCATIONS[location], request)
        return roster(request)

    with AnsweringServer(answer) as server:
        outcome = run(server, tmp_path)
    assert outcome.exit_code == 0, outcome.log
    assert sorted(key for (key,) in outcome.keys("scim_users")) == PEOPLE
    assert len(outcome.keys("owners")) == len(PEOPLE)
    for stream, path in (("scim_users", USERS), ("owners", OWNERS)):
        asked = [request for request in server.requests if request.path.rstrip("/") == path]
        assert {request.method for request in asked} == {"GET"}
        assert len({request.headers["Authorization"] for request in asked}) == 1
        assert outcome.receipt(stream)["api_requests"] == len(asked), "not counted in the quota"
        assert len(asked) >= 2 * 3


ELSEWHERE = {
    "other-port": "http://{other}/scim/Users/?{query}",
    "other-name": "http://localhost:{port}/scim/Users/?{query}",
    "https": "https://{host}/scim/Users/?{query}",
    "no-scheme": "//{other}/scim/Users/?{query}",
    "userinfo": "http://user:pass@{host}/scim/Users/?{query}",
    "userinfo-trick": "http://{host}@{other}/scim/Users/?{query}",
    "file": "file:///etc/passwd?{query}",
    "empty": "",
    "broken": "http://[::1/Users?{query}",
    "bad-port": "http://127.0.0.1:port/Users?{query}",
    "space": "/scim/Users /?{query}",
    "tab": "/scim/\tUsers/?{query}",
    "umlaut": "/scim/\u00fcsers/?{query}",
}


@pytest.mark.parametrize(
    ("status", "kind"),
    [*((302, kind) for kind in ELSEWHERE), *((status, "other-port") for status in sorted(FOLLOWED - {302}))],
)
def test_a_redirect_to_another_origin_is_refused(status: int, kind: str, tmp_path: Path) -> None:
    with AnsweringServer(lambda _: json_answer("{}")) as other:

        def answer(request: Request) -> Response:
            if request.path == USERS:
                location = ELSEWHERE[kind].format(
                    host=request.host,
                    port=request.host.partition(":")[2],
                    other=urlsplit(other.url).netloc,
                    query=request.query_string.decode(),
                )
                return Raw("", status, {"Location": location, "Content-Length": "0"})
            return roster(request)

        with AnsweringServer(answer) as server:
            outcome = run(server, tmp_path, api_key=None)
        assert not other.requests
    assert server.paths.count(USERS) == 1, "asked again, though that cannot help"
    assert f"redirects elsewhere ({status}), and is not followed" in outcome.log
    assert outcome.receipt("scim_users")["incomplete_reason"] == "failed: upstream_malformed"


@pytest.mark.parametrize("status", [300, 303, 304, 305])
def test_other_answers_of_that_class_are_not_followed(status: int, tmp_path: Path) -> None:
    def answer(request: Request) -> Response:
        if request.path == USERS:
            return json_answer("", status, Location=here(request, USERS + "/"))
        return roster(request)

    with AnsweringServer(answer) as server:
        outcome = run(server, tmp_path, api_key=None)
    assert server.paths.count(USERS) == 1
    assert f"answered {status}. " in outcome.log
    assert outcome.exit_code == 76


@pytest.mark.parametrize("kept", ["startIndex", "count", ""])
def test_a_redirect_that_drops_the_page_is_refused(kept: str, tmp_path: Path) -> None:
    """It would bring the first page each time, and that can look like the whole list."""

    def answer(request: Request) -> Response:
        if request.path == USERS:
            query = f"?{kept}={request.args[kept]}" if kept else ""
            return json_answer("", 302, Location=f"{USERS}/{query}")
        return roster(request)

    with AnsweringServer(answer) as server:
        outcome = run(server, tmp_path, api_key=None)
    assert "redirects to an address that leaves out what was asked (302)" in outcome.log
    assert not outcome.receipt("scim_users")["is_complete"]


@pytest.mark.parametrize("circle", [1, 2, 3, 100])
def test_redirects_without_end_are_given_up(circle: int, tmp_path: Path) -> None:
    turns = 0

    def answer(request: Request) -> Response:
        nonlocal turns
        if not request.path.startswith(USERS):
            return roster(request)
        turns += 1
        return json_answer("", 307, Location=here(request, USERS + "/" * (turns % circle)))

    with AnsweringServer(answer) as server:
        outcome = run(server, tmp_path, api_key=None)
    assert "redirects in a circle (307)" in outcome.log
    assert turns <= 6
    assert outcome.receipt("scim_users")["api_requests"] == turns
    assert outcome.exit_code == 76


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/a/Users/", None),
        ("https://x.example:443/a/Users/?p=1", "/a/Users/?p=1"),
        ("https://X.EXAMPLE/a/Users/?p=1", "/a/Users/?p=1"),
        ("http://x.example/a/Users/?p=1", None),
        ("http://x.example:443/a/Users/?p=1", None),
        ("https://x.example:444/a/Users/?p=1", None),
        ("https://x.example.evil.example/a/Users/?p=1", None),
        ("https://evil.example/?p=1", None),
        ("//evil.example/?p=1", None),
        ("?p=1&q=2", "/a/Users?p=1&q=2"),
        ("?p=2", None),
        ("?p=1#x", None),
    ],
)
def test_the_default_port_and_letter_case_are_the_same_origin(location: str, target: str | None) -> None:
    def followed() -> str | None:
        try:
            return follow("https://x.example/a", ["/a/Users?p=1"], location)
        except RefusedRedirectError:
            return None

    assert followed() == target
