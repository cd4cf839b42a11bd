"""The inventory is checked as a whole before anything runs."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from freshsales_fleet.errors import InventoryError
from freshsales_fleet.inventory import STREAMS, USUAL, Account, load
from tap_freshsales_users.settings import SETTINGS
from tools.documents import ROOT

SECRETS = [name for name, shape in SETTINGS["properties"].items() if shape.get("secret")]
# Ways to write one account.
SPELLINGS = [
    "acme",
    "ACME",
    "acme.myfreshworks.com",
    "https://acme.myfreshworks.com",
    "acme.myfreshworks.com/crm/sales",
    "https://ACME.myfreshworks.com/crm/sales/api/",
    "acme.freshworks.com",
]


def written(tmp_path: Path, *entries: Any) -> Path:
    path = tmp_path / "accounts.yml"
    path.write_text(yaml.safe_dump({"accounts": list(entries)}))
    return path


def refusal(path: Path) -> str:
    with pytest.raises(InventoryError) as caught:
        load(path)
    return str(caught.value)


def test_the_example_can_be_used() -> None:
    accounts = load(ROOT / "fleet" / "accounts.example.yml")
    assert [(account.host, account.connection) for account in accounts] == [
        ("acme.myfreshworks.com", "freshsales_acme"),
        ("globex.freshsales.io", "globex_production"),
        ("initech.myfreshworks.com", "freshsales_initech"),
    ]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_account_under_two_spellings_is_refused(tmp_path: Path, spelling: str) -> None:
    path = written(tmp_path, {"account": "acme"}, {"account": spelling, "connection": "another"})
    assert "acme.myfreshworks.com" in refusal(path)


@pytest.mark.parametrize("spelling", SPELLINGS[:-1])
def test_the_default_connection_does_not_depend_on_the_spelling(tmp_path: Path, spelling: str) -> None:
    assert load(written(tmp_path, {"account": spelling}))[0].connection == "freshsales_acme"


def test_accounts_of_two_domains_with_one_name_are_two_accounts(tmp_path: Path) -> None:
    accounts = load(written(tmp_path, {"account": "acme"}, {"account": "acme.freshsales.io"}))
    assert len({account.connection for account in accounts}) == 2


@pytest.mark.parametrize(
    "spelling",
    [
        "https://proxy.example/crm/sales/api",
        "https://proxy.example/crm/sales/api/",
        "https://PROXY.example/crm/sales/api",
        "https://proxy.example:443/crm/sales/api",
        "https://proxy.example./crm/sales/api",
    ],
)
def test_two_accounts_behind_one_rest_url_are_refused(tmp_path: Path, spelling: str) -> None:
    url = "https://proxy.example/crm/sales/api"
    entries = [
        {"account": name, "settings": {"rest_api_url": said}}
        for name, said in (("one", url), ("two", spelling))
    ]
    assert f"the same `rest_api_url` {url}" in refusal(written(tmp_path, *entries))


def test_an_account_behind_the_own_url_of_another_is_refused(tmp_path: Path) -> None:
    url = "https://one.myfreshworks.com/crm/sales/api"
    entries = [{"account": "one"}, {"account": "two", "settings": {"rest_api_url": url}}]
    assert f"the same `rest_api_url` {url}" in refusal(written(tmp_path, *entries))


@pytest.mark.parametrize("spelling", ["shared", "SHARED"])
def test_two_accounts_with_one_connection_are_refused(tmp_path: Path, spelling: str) -> None:
    entries = [{"account": name, "connection": said} for name, said in (("one", "shared"), ("two", spelling))]
    assert "two accounts have the connection shared" in refusal(written(tmp_path, *entries))


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_in_the_inventory_is_refused_and_not_repeated(tmp_path: Path, name: str) -> None:
    error = refusal(written(tmp_path, {"account": "acme", "settings": {name: "k-1234"}}))
    assert f"`{name}` is a secret" in error
    assert "k-1234" not in error


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("acme", "must be a mapping"),
        ({}, "`account` is missing"),
        ({"account": 123}, "put it into quotes"),
        ({"account": True}, "put it into quotes"),
        ({"account": "acme.example.com"}, "`account` names no Freshsales account"),
        ({"account": "acme", "api_key": "x"}, "unknown key api_key"),
        ({"account": "acme", "connection": 7}, "`connection` must be"),
        ({"account": "acme", "connection": ""}, "`connection` must be"),
        ({"account": "acme", "connection": "{{ conn.other.password }}"}, "`connection` must be"),
        ({"account": "acme", "connection": " spaced"}, "`connection` must be"),
        ({"account": "acme", "required_streams": 0}, "must be a list"),
        ({"account": "acme", "settings": False}, "must be a mapping of settings"),
        ({"account": "acme", "required_streams": "owners"}, "must be a list"),
        ({"account": "acme", "required_streams": ["owner"]}, "there is no stream owner"),
        ({"account": "acme", "required_streams": ["owned_records"]}, "but `owned_records` is `none`"),
        ({"account": "acme", "settings": ["page_size"]}, "must be a mapping of settings"),
        ({"account": "acme", "settings": {"page_sise": 10}}, "no setting `page_sise`"),
        ({"account": "acme", "settings": {"user_agent": "{{ conn.a.password }}"}}, "must not be a template"),
        ({"account": "acme", "settings": {"domain": "other"}}, "the entry itself says it"),
        (
            {"account": "acme", "settings": {"rest_api_url": "http://a.example"}},
            "`rest_api_url` is not a URL",
        ),
        ({"account": "acme", "settings": {"scim_api_url": "https://u:p@a.example"}}, "`scim_api_url` is not"),
    ],
)
def test_a_mistake_in_an_entry_names_the_entry(tmp_path: Path, entry: Any, says: str) -> None:
    error = refusal(written(tmp_path, {"account": "good"}, entry))
    assert "entry 2: " in error
    assert says in error


@pytest.mark.parametrize("name", list(USUAL))
@pytest.mark.parametrize(
    "value", [b"bytes", date(2026, 1, 1), {"a": 1}, [1]], ids=["bytes", "date", "map", "list"]
)
def test_a_setting_of_a_wrong_type_is_refused_before_anything_runs(
    tmp_path: Path, name: str, value: object
) -> None:
    assert f"`{name}" in refusal(written(tmp_path, {"account": "acme", "settings": {name: value}}))


@pytest.mark.parametrize(
    "settings",
    [{"page_size": 1000}, {"page_size": "many"}, {"page_size": float("nan")}, {"start_date": "soon"}],
)
def test_a_setting_that_the_tap_would_refuse_is_refused_at_once(
    tmp_path: Path, settings: dict[str, object]
) -> None:
    [name] = settings
    assert f"entry 1: `{name}` must be" in refusal(
        written(tmp_path, {"account": "acme", "settings": settings})
    )


def test_every_mistake_of_an_inventory_is_named_at_once(tmp_path: Path) -> None:
    error = refusal(
        written(tmp_path, {"account": 1}, {"account": "a", "colour": "red"}, {"account": "b.example"})
    )
    assert [int(number) for number in re.findall(r"entry (\d):", error)] == [1, 2, 3]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "accounts: []",
        "accounts: {}",
        "accounts: acme",
        "- account: acme",
        "accounts: [account: acme]\nsecrets: {}",
        "accounts: [{account: acme, account: globex}]",
        "accounts: [",
        "accounts: [!!python/object/apply:os.getcwd []]",
        "\x00",
    ],
)
def test_a_file_that_is_no_inventory_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "accounts.yml").write_text(text)
    assert str(tmp_path / "accounts.yml") in refusal(tmp_path / "accounts.yml")


def test_an_inventory_that_is_not_there_is_refused_with_the_remedy(tmp_path: Path) -> None:
    assert "FRESHSALES_FLEET_INVENTORY" in refusal(tmp_path / "none.yml")


def test_an_account_comes_back_from_json_as_it_was(tmp_path: Path) -> None:
    settings = {"page_size": 7, "owned_records": "all"}
    entry = {"account": "acme", "required_streams": list(STREAMS), "settings": settings}
    [account] = load(written(tmp_path, entry))
    assert Account.from_json(account.to_json()) == account
