"""`--test`: who answers, as whom, what is left, what can be read and what not, for the fewest requests."""

import re
from pathlib import Path

import pytest

from freshsales_sandbox.app import Sandbox
from tests.tap.running import Outcome, run_tap


def check(sandbox: Sandbox, tmp_path: Path, **change: object) -> Outcome:
    return run_tap({**sandbox.config, **change}, tmp_path, "--test")


def test_a_good_account_is_described_for_seven_requests(tmp_path: Path) -> None:
    with Sandbox(people=20, quota="1000/h") as sandbox:
        outcome = check(sandbox, tmp_path)
        owner = sandbox.directory.key_owner
        host = f"127.0.0.1:{sandbox.port}"
        users, groups = len(sandbox.directory.users()), len(sandbox.directory.groups)
    assert owner is not None
    known_as = f"CRM user {owner.crm_id} ({owner.display_name})"
    assert outcome.exit_code == 0
    assert [re.sub(" {2,}", " | ", line) for line in outcome.output.splitlines()] == [
        "Credential | Setting | Sent to | Answer",
        f"API key | api_key | {host}/crm/sales/api | accepted",
        f"SCIM token | scim_token | {host}/scim/v2 | accepted",
        "",
        "Stream | Setting | What can be read",
        f"profile | api_key | can be read; the key is known as {known_as}",
        "owners | api_key | can be read",
        "roles | api_key | can be read",
        "territories | api_key | can be read",
        "teams | api_key | can be read",
        f"scim_users | scim_token | can be read, {users} in all",
        f"scim_groups | scim_token | can be read, {groups} in all",
        "scim_group_members | scim_token | comes with scim_groups",
        "",
        "Quota: 993 of 1000 requests are left; 50 an hour are reserved for others.",
        "",
        "Nothing is wrong.",
    ]
    assert len(sandbox.requests) == 7
    assert not outcome.records


@pytest.mark.parametrize(("missing", "requests"), [("api_key", 2), ("scim_token", 5)])
def test_a_surface_without_its_credential_is_not_asked(missing: str, requests: int, tmp_path: Path) -> None:
    with Sandbox(people=20) as sandbox:
        outcome = check(sandbox, tmp_path, **{missing: None})
    assert outcome.exit_code == 0
    assert f"not asked, `{missing}` is not set" in outcome.output
    [what_to_do] = [line for line in outcome.output.splitlines() if line.startswith(f"  {missing}: ")]
    assert "it is not set. The " in what_to_do, "where to get it"
    assert len(sandbox.requests) == requests


def test_the_document_shows_what_a_check_prints(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/account.md").read_text()
    [shown] = re.findall(r"<!-- check without a SCIM token -->\n\n```text\n(.*?)```", page, re.DOTALL)
    with Sandbox(people=250, seed=7, quota="1000/h") as sandbox:
        outcome = check(sandbox, tmp_path, scim_token=None)
    printed = outcome.output.replace(f"127.0.0.1:{sandbox.port}", "acme.myfreshworks.com")
    assert shown.split() == printed.split()


@pytest.mark.parametrize(("wrong", "requests"), [("api_key", 3), ("scim_token", 6)])
def test_a_refused_credential_costs_one_request_and_the_rest_is_checked(
    wrong: str, requests: int, tmp_path: Path
) -> None:
    with Sandbox(people=20) as sandbox:
        outcome = check(sandbox, tmp_path, **{wrong: "not-the-one"})
    assert outcome.exit_code == 77
    assert "refused the credential (401)" in outcome.output
    assert "not asked, the credential was refused" in outcome.output
    assert "can be read" in outcome.output
    assert outcome.output.endswith("Something is wrong: see above.\n")
    assert len(sandbox.requests) == requests


@pytest.mark.parametrize(
    ("quirk", "stream", "finding", "exit_code"),
    [
        ("rest-profile-404", "profile", "the account does not have it", 0),
        ("rest-roles-501", "roles", "the account does not have it", 0),
        ("rest-territories-404", "territories", "the account does not have it", 0),
        ("scim-groups-501", "scim_groups", "the account does not have it", 0),
        ("rest-owners-403", "owners", "denied access (403)", 77),
        ("scim-403", "scim_users", "SCIM needs the Enterprise plan", 77),
        ("scim-404", "scim_users", "not found (404)", 78),
        ("rest-html-login", "owners", "a web page, such as a login form", 76),
    ],
)
def test_each_stream_that_cannot_be_read_says_why(
    quirk: str, stream: str, finding: str, exit_code: int, tmp_path: Path
) -> None:
    with Sandbox(people=20, quirks=(quirk,)) as sandbox:
        outcome = check(sandbox, tmp_path)
    lines = [line for line in outcome.output.splitlines() if re.match(rf" *{stream}\b", line)]
    assert any(finding in line for line in lines), lines
    assert outcome.exit_code == exit_code
    # What is not there is asked for once more, without paging.
    absent = {(r.path, r.query) for r in sandbox.requests if r.status in {404, 501} and not r.query}
    assert len(sandbox.requests) == 7 + len(absent - {("/crm/sales/api/settings/profile", "")})


def test_where_nothing_tells_of_a_quota_it_says_so(tmp_path: Path) -> None:
    with Sandbox(people=20, quota=None) as sandbox:
        outcome = check(sandbox, tmp_path)
    assert "Quota: the server does not say what is left; the run is paced by the settings." in outcome.output
