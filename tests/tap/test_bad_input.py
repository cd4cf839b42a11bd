"""Every bad input, in a sync and in `--test`: exit code 78, one sentence that says what to do, and no more.

An exception that gets out would end `run_tap` itself, so that no case here can end in a traceback.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from freshsales_sandbox.app import API_KEY, SCIM_TOKEN, Sandbox
from tests.tap.running import Outcome, run_tap

ODD = "OddValue7391"  # what nobody but the user has said: it must not be repeated
NUMBER = 73917391
DOMAIN = "Set `domain` to the account's name"
COPY = "copy it anew"
URL = "Give an https URL"
GOOD = {"domain": "acme", "api_key": "a-good-key", "scim_token": "a-good-token"}
SYNC_AND_TEST = pytest.mark.parametrize("arguments", [(), ("--test",)], ids=["sync", "test"])

SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"api_key": None, "scim_token": None}, "No credential: set `api_key`"),
    ({"api_key": "", "scim_token": ""}, "No credential: set `api_key`"),
    *(
        ({name: value}, f"`{name}` must be text.")
        for name in ("api_key", "scim_token")
        for value in (NUMBER, True, [ODD], {"key": ODD}, 7391.5)
    ),
    *(
        ({name: value}, f"`{name}` has characters that no credential has")
        for name in ("api_key", "scim_token")
        for value in (
            f"{ODD} {ODD}",
            f" {ODD}",
            f"{ODD}\n",
            f"{ODD}\r\nX: 1",
            f"{ODD}é",
            f"{ODD}\u200b",
            f"\0{ODD}",
        )
    ),
    ({"domain": None}, "`domain` must be text"),
    ({"domain": NUMBER}, "`domain` must be text"),
    *(
        ({"domain": domain}, DOMAIN)
        for domain in (
            "",
            f"{ODD} acme",
            f"acme/{ODD}",
            f"{ODD}.evil.com/acme",
            f"acme.myfreshworks.com.{ODD}.com",
            f"https://{ODD}.com",
        )
    ),
    ({"domain": f"http://{ODD}.myfreshworks.com"}, "credentials go over https only"),
    *(
        ({name: url}, URL)
        for name in ("rest_api_url", "scim_api_url")
        for url in (f"http://{ODD}.com/scim", f"{ODD}.com", f"https://{ODD}:pw@host/", f"https://host/?{ODD}")
    ),
    ({"scim_api_url": NUMBER}, "`scim_api_url` must be text"),
    *(
        ({"page_size": size}, "`page_size` must be a whole number from 1 to 100.")
        for size in (0, 500, -1, 1.5, ODD)
    ),
    *(({"max_in_flight": n}, "`max_in_flight` must be a whole number from 1 to 16.") for n in (0, 17, ODD)),
    ({"api_auth": ODD}, "`api_auth` must be `token` or `basic`."),
    ({"requests_per_hour": 0}, "`requests_per_hour` must be a whole number, 1 or more."),
    ({"requests_per_minute": ODD}, "`requests_per_minute` must be a whole number, 1 or more."),
    ({"quota_reserve": -1}, "`quota_reserve` must be a whole number, 0 or more."),
    ({"quota_reserve": 1000}, "`quota_reserve` leaves nothing of `requests_per_hour`: lower it."),
    ({"max_quota_wait_seconds": -NUMBER}, "`max_quota_wait_seconds` must be a whole number, 0 or more."),
    ({"request_timeout_seconds": 0}, "`request_timeout_seconds` must be a number above 0."),
    ({"max_attempts": 0}, "`max_attempts` must be a whole number, 1 or more."),
    *(({"start_date": date}, "`start_date` must be a date-time") for date in (ODD, "2026-01-31", NUMBER)),
    ({"user_agent": f"{ODD}\r\nX: 1"}, "`user_agent` must be plain ASCII text."),
    ({"user_agent": ""}, "`user_agent` must be plain ASCII text."),
    ({"emit_activate_version_messages": ODD}, "`emit_activate_version_messages` must be true or false."),
    ({"stream_maps": ODD}, "`stream_maps`"),
]


def assert_refused(outcome: Outcome, sentence: str, *values: object) -> None:
    assert outcome.exit_code == 78, outcome.log
    errors = [line for line in outcome.log.splitlines() if "| ERROR" in line]
    assert sentence in outcome.log
    assert len(errors) == 1, errors
    said = outcome.log + outcome.output
    assert "Traceback" not in said
    for value in (ODD, str(NUMBER), "a-good-key", "a-good-token", API_KEY, SCIM_TOKEN, *map(str, values)):
        assert value not in said
    assert not outcome.records


@SYNC_AND_TEST
@pytest.mark.parametrize(
    ("change", "sentence"), SETTINGS, ids=lambda value: str(value)[:60].encode("unicode_escape").decode()
)
def test_a_bad_setting_ends_in_one_sentence(
    change: Mapping[str, Any], sentence: str, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    assert_refused(run_tap({**GOOD, **change}, tmp_path, *arguments), sentence)


@SYNC_AND_TEST
def test_a_missing_domain_is_asked_for(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert_refused(run_tap({"api_key": ODD}, tmp_path, *arguments), "`domain` is missing: set it.")


@pytest.mark.parametrize("how", ["--test=schema", "--test=records"])
def test_the_other_kinds_of_test_say_the_same(how: str, tmp_path: Path) -> None:
    assert_refused(run_tap({**GOOD, "page_size": NUMBER}, tmp_path, how), "`page_size` must be")


# -- variables


@SYNC_AND_TEST
@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PAGE_SIZE", ODD, "`page_size` must be a whole number from 1 to 100."),
        ("PAGE_SIZE", "", "`page_size` must be a whole number from 1 to 100."),
        ("PAGE_SIZE", "500", "`page_size` must be a whole number from 1 to 100."),
        ("REQUEST_TIMEOUT_SECONDS", ODD, "`request_timeout_seconds` must be a number above 0."),
        ("STREAM_MAPS", "{" + ODD, "`stream_maps`"),
        ("API_KEY", f"{ODD} {ODD}", COPY),
        ("DOMAIN", f"{ODD}.com", DOMAIN),
    ],
)
def test_a_bad_variable_ends_in_one_sentence(
    variable: str,
    value: str,
    sentence: str,
    arguments: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    set_variables(monkeypatch, {**GOOD, variable: value})
    monkeypatch.chdir(tmp_path)
    assert_refused(run_tap({}, tmp_path, "--config=ENV", *arguments), sentence)


def test_every_type_of_setting_can_be_given_as_a_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    maps = {"owners": {"__alias__": "people"}}
    with Sandbox(people=10) as sandbox:
        settings = {"page_size": 5, "request_timeout_seconds": 30.5, "stream_maps": json.dumps(maps)}
        set_variables(monkeypatch, {**sandbox.config, **settings, "emit_activate_version_messages": "yes"})
        outcome = run_tap({}, tmp_path, "--config=ENV")
    assert outcome.exit_code == 0, outcome.log
    assert outcome.records["people"]
    assert any("per_page=5" in asked.query for asked in sandbox.requests)
    assert any(message["type"] == "ACTIVATE_VERSION" for message in outcome.messages)


def set_variables(monkeypatch: pytest.MonkeyPatch, settings: Mapping[str, object]) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"TAP_FRESHSALES_USERS_{name.upper()}", str(value))


# -- files

NO_OBJECTS = {
    "nothing": b"",
    "no JSON": b'{"streams": ' + ODD.encode(),
    "half a file": b'{"bookmarks": {"owners": {"' + ODD.encode(),
    "no UTF-8": b"\xff\xfe" + ODD.encode(),
    "null": b"null",
    "a list": b'["' + ODD.encode() + b'"]',
    "text": b'"' + ODD.encode() + b'"',
    "a number": str(NUMBER).encode(),
    "too deep": b"[" * 100_000,
}
STATES: dict[str, dict[str, Any]] = {
    "bookmarks that are a list": {"bookmarks": [ODD]},
    "bookmarks that are null": {"bookmarks": None},
    "bookmarks that are text": {"bookmarks": ODD},
    "a bookmark that is text": {"bookmarks": {"owners": ODD}},
    "a bookmark that is null": {"bookmarks": {"owners": None}},
}
CATALOGS: dict[str, dict[str, Any]] = {
    "no streams": {},
    "streams that are null": {"streams": None},
    "streams that are a number": {"streams": NUMBER},
    "streams that are text": {"streams": ODD},
    "a stream that is text": {"streams": [ODD]},
    "a stream with nothing": {"streams": [{}]},
    "a stream whose schema is text": {"streams": [{"tap_stream_id": "owners", "schema": ODD}]},
    "a stream whose columns are text": {
        "streams": [{"tap_stream_id": "owners", "schema": {"properties": ODD}, "metadata": []}]
    },
    "metadata that is text": {"streams": [{"tap_stream_id": "owners", "schema": {}, "metadata": ODD}]},
    "metadata of texts": {"streams": [{"tap_stream_id": "owners", "schema": {}, "metadata": [ODD]}]},
}
REMEDIES = {
    "config": "Give the path of a JSON file",
    "state": "Give the state that the last run wrote",
    "catalog": "Give what `--discover` printed",
}


@pytest.mark.parametrize("content", NO_OBJECTS)
@pytest.mark.parametrize("option", REMEDIES)
def test_a_file_that_holds_no_object_is_refused_by_name(option: str, content: str, tmp_path: Path) -> None:
    file = tmp_path / "file.config.json"
    file.write_bytes(NO_OBJECTS[content])
    outcome = run_tap(GOOD, tmp_path, f"--{option}={file}")
    assert_refused(outcome, REMEDIES[option])


@pytest.mark.parametrize("option", REMEDIES)
@pytest.mark.parametrize("path", ["missing.json", "."])
def test_a_file_that_cannot_be_read_is_refused_by_name(option: str, path: str, tmp_path: Path) -> None:
    outcome = run_tap(GOOD, tmp_path, f"--{option}={tmp_path / path}")
    assert_refused(outcome, f"The file given with --{option} cannot be read. {REMEDIES[option]}")


@pytest.mark.parametrize("state", STATES)
def test_a_corrupt_state_is_refused(state: str, tmp_path: Path) -> None:
    assert_refused(run_tap(GOOD, tmp_path, state=STATES[state]), REMEDIES["state"])


@pytest.mark.parametrize("catalog", CATALOGS)
def test_a_corrupt_catalog_is_refused(catalog: str, tmp_path: Path) -> None:
    assert_refused(run_tap(GOOD, tmp_path, catalog=CATALOGS[catalog]), REMEDIES["catalog"])


@pytest.mark.parametrize("bookmark", [ODD, [ODD], {"a": ODD}, True, "2026-01-31"])
def test_a_bookmark_that_is_no_date_time_fails_its_stream_alone(bookmark: object, tmp_path: Path) -> None:
    state = {
        "bookmarks": {
            "scim_users": {"replication_key": "last_modified_at", "replication_key_value": bookmark}
        }
    }
    breadcrumb = {
        "selected": True,
        "replication-method": "INCREMENTAL",
        "replication-key": "last_modified_at",
    }
    with Sandbox(people=10) as sandbox:
        catalog = json.loads(run_tap(sandbox.config, tmp_path, "--discover").output)
        for stream in catalog["streams"]:
            if stream["tap_stream_id"] == "scim_users":
                stream |= {"replication_method": "INCREMENTAL", "replication_key": "last_modified_at"}
                for entry in stream["metadata"]:
                    if not entry["breadcrumb"]:
                        entry["metadata"] |= breadcrumb
        outcome = run_tap(sandbox.config, tmp_path, catalog=catalog, state=state)
    assert outcome.exit_code == 78
    assert outcome.receipt("scim_users")["incomplete_reason"] == "failed: configuration"
    assert outcome.receipt("owners")["is_complete"]
    [error] = [line for line in outcome.log.splitlines() if "| ERROR" in line and "bookmark" in line]
    assert "The bookmark of scim_users in the state is no date-time" in error
    assert ODD not in error


# -- what a server refuses


@pytest.fixture
def leak_watch() -> Iterator[list[Outcome]]:
    outcomes: list[Outcome] = []
    yield outcomes
    for outcome in outcomes:
        said = outcome.log + outcome.output
        assert "Traceback" not in said
        assert API_KEY not in said
        assert SCIM_TOKEN not in said


WRONG = {"api_key": f"{ODD}-key", "scim_token": f"{ODD}-token"}
REFUSALS = [
    pytest.param((), WRONG, ["refused the credential (401)", "Check that it was copied whole"], 77, id="401"),
    pytest.param(("scim-empty-401",), WRONG, ["refused the credential (401)"], 77, id="401-empty"),
    pytest.param(
        ("scim-403",), {}, ["denied access (403)", "Enterprise plan and SAML SSO"], 77, id="scim-403"
    ),
    pytest.param(("scim-404",), {}, ["not found (404)", "set `scim_api_url`"], 78, id="scim-404"),
    pytest.param(
        ("rest-html-login",), {}, ["a web page, such as a login form", "check `domain`"], 76, id="html"
    ),
    pytest.param(("scim-html-login",), {}, ["a web page, such as a login form"], 76, id="scim-html"),
    pytest.param(
        ("rest-owners-403",), {}, ["/selector/owners", "use an administrator's API key"], 77, id="role"
    ),
]


@SYNC_AND_TEST
@pytest.mark.parametrize(("quirks", "change", "sentences", "exit_code"), REFUSALS)
def test_what_a_server_refuses_is_explained_and_not_asked_again(
    quirks: tuple[str, ...],
    change: Mapping[str, str],
    sentences: list[str],
    exit_code: int,
    arguments: tuple[str, ...],
    tmp_path: Path,
    leak_watch: list[Outcome],
) -> None:
    with Sandbox(people=10, quirks=quirks) as sandbox:
        outcome = run_tap({**sandbox.config, **change}, tmp_path, *arguments)
        asked = [(request.path, request.query) for request in sandbox.requests]
    leak_watch.append(outcome)
    assert outcome.exit_code == exit_code
    for sentence in sentences:
        assert sentence in outcome.log + outcome.output
    assert ODD not in outcome.log + outcome.output
    # The other lists are read meanwhile, and the end of one without a total is looked at twice.
    asked = [one for one in asked if not one[1].startswith("page=2")]
    assert len(asked) == len(set(asked)), "a refusal was asked again"


@pytest.mark.parametrize("setting", ["api_key", "scim_token"])
def test_a_stream_selected_without_its_credential_is_a_clear_error(setting: str, tmp_path: Path) -> None:
    with Sandbox(people=10) as sandbox:
        catalog = json.loads(run_tap({}, tmp_path, "--discover").output)
        config = {name: value for name, value in sandbox.config.items() if name != setting}
        outcome = run_tap(config, tmp_path, catalog=catalog)
        assert not sandbox.requests
    assert_refused(outcome, f"is selected, but `{setting}` is not set")
