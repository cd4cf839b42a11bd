"""Where credentials may go: the forms of `domain` that are listed, and override URLs within their rules."""

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tap_freshsales_users.api.account import Account, resolve
from tap_freshsales_users.errors import ConfigurationError

CURRENT = "https://{host}/crm/sales/api"
LEGACY = "https://{host}/api"

FORMS = {
    "acme": ("acme.myfreshworks.com", CURRENT),
    "acme.myfreshworks.com": ("acme.myfreshworks.com", CURRENT),
    "acme.freshworks.com": ("acme.freshworks.com", CURRENT),
    "acme.myfreshworks.com/crm/sales": ("acme.myfreshworks.com", CURRENT),
    "acme.freshworks.com/crm/sales": ("acme.freshworks.com", CURRENT),
    "acme.myfreshworks.com/crm/sales/api": ("acme.myfreshworks.com", CURRENT),
    "acme.freshworks.com/crm/sales/api": ("acme.freshworks.com", CURRENT),
    "acme.myfreshworks.com/scim/v2": ("acme.myfreshworks.com", CURRENT),
    "acme.freshsales.io/api": ("acme.freshsales.io", LEGACY),
    "acme.freshsales.io/scim/v2": ("acme.freshsales.io", LEGACY),
    "acme.freshsales.io": ("acme.freshsales.io", LEGACY),
    "hmadv-7b725ea101eff55.freshsales.io": ("hmadv-7b725ea101eff55.freshsales.io", LEGACY),
    "ACME.MyFreshworks.com": ("acme.myfreshworks.com", CURRENT),
}
REFUSED = [
    "",
    " ",
    "acme ",
    "ac me",
    "acme\n",
    "http://acme.myfreshworks.com",
    "HTTP://acme.myfreshworks.com",
    "ftp://acme.myfreshworks.com",
    "//acme.myfreshworks.com",
    "https://",
    "https://https://acme",
    "evil.com/acme",
    "evil.com",
    "acme.myfreshworks.com.evil.com",
    "acme.myfreshworks.com@evil.com",
    "acme@evil.com/.myfreshworks.com",
    "evil.com#.myfreshworks.com",
    "evil.com?.myfreshworks.com",
    "evil.com\\.myfreshworks.com",
    "evil.com%2f.myfreshworks.com",
    "acme.myfreshworks.com:8443",
    "user:pass@acme.myfreshworks.com",
    "a.b.myfreshworks.com",
    ".myfreshworks.com",
    "myfreshworks.com",
    "acmemyfreshworks.com",
    "acme.myfreshworks.com.",
    "acme.myfreshworks.com/crm",
    "acme.myfreshworks.com/api",
    "acme.myfreshworks.com/crm/sales/api/selector/owners",
    "acme.myfreshworks.com/scim",
    "acme.freshsales.io/crm/sales",
    "acme.freshsales.io/crm/sales/api",
    "evil.com/crm/sales/api",
    "evil.com/acme.myfreshworks.com/crm/sales/api",
    "acme/crm/sales/api",
    "acme/crm/sales",
    "-acme",
    "acme-",
    "ac_me",
    "aсme",  # a Cyrillic letter
    "ac\u212ae",  # the Kelvin sign, which is a k in lower case
    "a" * 64,
    "127.0.0.1",
    "localhost.myfreshworks.com.",
    "acme.myfreshworks.com/../..",
]


@pytest.mark.parametrize("scheme", ["", "https://", "HTTPS://"])
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("domain", FORMS)
def test_each_listed_form_names_the_account_and_its_two_surfaces(
    domain: str, scheme: str, slash: str
) -> None:
    host, rest = FORMS[domain]
    expected = Account(host, rest.format(host=host), f"https://{host}/scim/v2")
    assert resolve(scheme + domain + slash) == expected


@pytest.mark.parametrize("domain", REFUSED)
def test_anything_else_is_refused_in_a_sentence_that_does_not_repeat_it(domain: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        resolve(domain)
    assert "Set `domain` to the account's name" in str(refused.value)
    assert "evil" not in str(refused.value)
    assert "user" not in str(refused.value)


LISTED = re.compile(
    r"(https://)?([a-z0-9-]{1,63}|[a-z0-9-]{1,63}\.(my)?freshworks\.com(/crm/sales|/crm/sales/api|/scim/v2)?"
    r"|[a-z0-9-]{1,63}\.freshsales\.io(/api|/scim/v2)?)/?",
    re.IGNORECASE | re.ASCII,
)
HOSTS = re.compile(r"[a-z0-9-]{1,63}\.(myfreshworks\.com|freshworks\.com|freshsales\.io)", re.ASCII)
HOST_PIECES = ("acme", "evil.com", ".myfreshworks.com", ".freshworks.com", ".freshsales.io", "user:pw")
PIECES = st.sampled_from(
    [*HOST_PIECES, "/crm/sales", "/api", "/scim/v2", "https://", "http://", *"/@:#?\\. \t\n\u212a。"]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=7).map("".join)))
@example("evil.com/.myfreshworks.com")
def test_only_the_listed_forms_of_domain_are_taken(domain: str) -> None:
    try:
        account = resolve(domain)
    except ConfigurationError:
        return
    assert LISTED.fullmatch(domain)
    for url in (account.rest_api_url, account.scim_api_url):
        parts = urlsplit(url)
        assert (parts.scheme, parts.netloc) == ("https", account.name)
        assert HOSTS.fullmatch(account.name)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://scim.example.com/scim/v2", "https://scim.example.com/scim/v2"),
        ("https://scim.example.com/scim/v2/", "https://scim.example.com/scim/v2"),
        ("https://scim.example.com:8443", "https://scim.example.com:8443"),
        ("http://127.0.0.1:8080/scim/v2", "http://127.0.0.1:8080/scim/v2"),
        ("http://127.9.9.9/scim", "http://127.9.9.9/scim"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080/scim", "http://[::1]:8080/scim"),
    ],
)
def test_an_override_is_for_one_surface_and_domain_names_the_account(url: str, base: str) -> None:
    usual = resolve("acme")
    assert resolve("acme", scim_api_url=url) == Account(usual.name, usual.rest_api_url, base)
    assert resolve("acme", rest_api_url=url) == Account(usual.name, base, usual.scim_api_url)


@pytest.mark.parametrize("setting", ["rest_api_url", "scim_api_url"])
@pytest.mark.parametrize(
    "url",
    [
        "http://scim.example.com/scim",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "scim.example.com/scim",
        "//scim.example.com/scim",
        "https://",
        "https:///scim",
        "https://user@scim.example.com/",
        "https://user:pass@scim.example.com/",
        "https://@scim.example.com/",
        "http://127.0.0.1@evil.com/",
        "https://scim.example.com/?tenant=1",
        "https://scim.example.com/?",
        "https://scim.example.com/#fragment",
        "https://scim.example.com/#",
        "https://scim.example.com:port/",
        "https://scim.example.com:99999/",
        "https://[::1/",
        " https://scim.example.com/",
        "https://scim.example.com/ scim",
        "https://scim.example.com/\r\nX-Header: 1",
        "\x01https://scim.example.com/",
        "https://scim.exämple.com/",
    ],
)
def test_an_override_that_a_credential_may_not_be_sent_to_is_refused(url: str, setting: str) -> None:
    with pytest.raises(ConfigurationError, match=f"`{setting}` is not a URL") as refused:
        resolve("acme", **{setting: url})
    assert url not in str(refused.value)
    assert "Give an https URL" in str(refused.value)
