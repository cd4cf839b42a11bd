"""A list that moved is read again, and what is wrong only then is no end of it."""

import json
from pathlib import Path

import pytest
from werkzeug import Request, Response

from tests.tap.answering import SCIM_TOKEN, AnsweringServer
from tests.tap.running import run_tap

PEOPLE = [f"person-{number}" for number in range(8)]
PAGE_SIZE = 4


@pytest.mark.parametrize("status", [404, 501])
def test_a_list_that_is_not_there_when_it_is_read_again_is_no_empty_list(status: int, tmp_path: Path) -> None:
    first_pages = 0

    def answer(request: Request) -> Response:
        nonlocal first_pages
        if not request.path.endswith("/Users"):
            return Response("", 404)
        start = int(request.args["startIndex"])
        first_pages += start == 1
        if first_pages > 1:
            return Response("", status)
        # All but the first page are one record further: somebody left.
        begin = start - 1 if start == 1 else start
        page = PEOPLE[begin : begin + int(request.args["count"])]
        body = {"totalResults": len(PEOPLE), "Resources": [{"id": person} for person in page]}
        return Response(json.dumps(body), content_type="application/scim+json")

    with AnsweringServer(answer) as server:
        config = {
            "domain": "acme",
            "scim_token": SCIM_TOKEN,
            "scim_api_url": server.url,
            "page_size": PAGE_SIZE,
        }
        outcome = run_tap(config, tmp_path)
    assert first_pages > 1
    assert outcome.exit_code == 75
    receipt = outcome.receipt("scim_users")
    assert not receipt["is_complete"]
    assert receipt["incomplete_reason"] == "failed: upstream_unavailable"
