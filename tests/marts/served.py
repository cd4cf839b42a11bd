"""Rows that the tap makes of what a SCIM server answers."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from werkzeug import Request, Response

from tests.marts.people import Row
from tests.tap.answering import AnsweringServer, json_answer
from tests.tap.running import run_tap


def served(users: list[Any], groups: list[Any]) -> dict[str, list[Row]]:
    """Run the tap for real, against a server that has these."""
    lists = {"/scim/Users": users, "/scim/Groups": groups}

    def answer(request: Request) -> Response:
        first = int(request.args.get("startIndex", 1)) - 1
        page = lists[request.path][first : first + int(request.args.get("count", 100))]
        return json_answer(json.dumps({"totalResults": len(lists[request.path]), "Resources": page}))

    with AnsweringServer(answer) as server, TemporaryDirectory() as folder:
        config = {name: value for name, value in server.config.items() if name != "api_key"}
        outcome = run_tap(config, Path(folder))
    assert outcome.exit_code == 0, outcome.log
    return {stream: outcome.records[stream] for stream in ("scim_users", "scim_groups", "scim_group_members")}
