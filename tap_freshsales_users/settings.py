"""The settings, as JSON Schema: names, types, defaults and what they mean.

The SDK reads them from a config file, `.env` and `TAP_FRESHSALES_USERS_*` variables.
"""

from __future__ import annotations

from typing import Any

VERSION_PLACE = "VERSION"


def _setting(title: str, description: str, **shape: Any) -> dict[str, Any]:
    return {"title": title, "description": description, **shape}


SETTINGS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "domain": _setting(
            "Domain",
            "The account: its name (`acme`), its host (`acme.myfreshworks.com`, `acme.freshworks.com`, or "
            "`acme.freshsales.io` for an older account), the bundle alias "
            "(`acme.myfreshworks.com/crm/sales`), the base URL of its API, or the https URL of one of "
            "these. It also names the account in every record, whatever URLs answer.",
            type="string",
        ),
        "api_key": _setting(
            "API key",
            "REST credential of one user; without it owners, roles, territories, teams and profile are "
            "deselected.",
            type=["string", "null"],
            secret=True,
            writeOnly=True,
        ),
        "api_auth": _setting(
            "API key form",
            "How the API key is sent: `token` (`Authorization: Token token=KEY`) or `basic` (HTTP Basic).",
            type="string",
            enum=["token", "basic"],
            default="token",
        ),
        "scim_token": _setting(
            "SCIM token",
            "SCIM bearer token; without it the SCIM streams are deselected.",
            type=["string", "null"],
            secret=True,
            writeOnly=True,
        ),
        "rest_api_url": _setting(
            "REST API URL",
            "In place of the REST base URL that follows from `domain`: https, or http on loopback only.",
            type=["string", "null"],
        ),
        "scim_api_url": _setting(
            "SCIM API URL",
            "In place of the SCIM base URL that follows from `domain`, for SCIM may live on a host of its "
            "own: https, or http on loopback only.",
            type=["string", "null"],
        ),
        "page_size": _setting(
            "Page size",
            "Records to ask for on a page.",
            type="integer",
            minimum=1,
            maximum=100,
            default=100,
        ),
        "max_in_flight": _setting(
            "Pages in flight",
            "Page requests under way at once; 1 is strictly sequential.",
            type="integer",
            minimum=1,
            maximum=16,
            default=4,
        ),
        "requests_per_hour": _setting(
            "Requests an hour",
            "The account's hourly limit, used until the server's headers say otherwise.",
            type="integer",
            minimum=1,
            default=1000,
        ),
        "requests_per_minute": _setting(
            "Requests a minute",
            "The account's limit a minute, used until the server's headers say otherwise.",
            type="integer",
            minimum=1,
            default=400,
        ),
        "quota_reserve": _setting(
            "Quota reserve",
            "Requests an hour left for the account's other integrations; of a smaller limit, the same share.",
            type="integer",
            minimum=0,
            default=50,
        ),
        "max_quota_wait_seconds": _setting(
            "Longest quota wait",
            "Seconds that the run may wait for the quota, all waits together, before it gives up cleanly.",
            type="integer",
            minimum=0,
            default=3600,
        ),
        "request_timeout_seconds": _setting(
            "Request timeout",
            "Seconds that a request may take, from the name look-up to the last byte of its answer; then it "
            "is given up, and tried again.",
            type="number",
            exclusiveMinimum=0,
            default=60,
        ),
        "max_attempts": _setting(
            "Attempts",
            "How often a page is asked for before its stream fails; waits for the quota do not count.",
            type="integer",
            minimum=1,
            default=6,
        ),
        "owned_records": _setting(
            "Records that people own",
            "Whose contacts, deals and accounts the stream owned_records counts: `none`; `suspects` (owners "
            "who are inactive, or have no active SCIM user of the same address); or `all`. It costs three "
            "requests for each owner, and twelve more. They are searches: the only requests that are sent as "
            "POST, and they change nothing.",
            type="string",
            enum=["none", "suspects", "all"],
            default="none",
        ),
        "required_streams": _setting(
            "Required streams",
            "Streams without which a run is not good: an array of names. Where the credential of one is "
            "missing, or one is not selected, the run does not begin (exit code 78); one that the account "
            "does not have makes it incomplete (76).",
            type=["array", "null"],
            items={"type": "string"},
        ),
        "start_date": _setting(
            "Start date",
            "First bookmark of an incremental scim_users: a date-time with its offset.",
            type=["string", "null"],
            format="date-time",
        ),
        "pseudonym_key": _setting(
            "Pseudonym key",
            "Replaces names, addresses and phone numbers by pseudonyms before they leave the tap: a secret "
            "of 32 characters or more, such as `openssl rand -hex 32` prints. Keep it: another key means "
            "another warehouse.",
            type=["string", "null"],
            secret=True,
            writeOnly=True,
        ),
        "user_agent": _setting(
            "User agent",
            "`User-Agent` of every request; `VERSION` stands for the version of the tap.",
            type="string",
            default=f"tap-freshsales-users/{VERSION_PLACE}",
        ),
        # The SDK acts on this one and leaves it to each tap to declare.
        "emit_activate_version_messages": _setting(
            "Emit ACTIVATE_VERSION messages",
            "Send ACTIVATE_VERSION after the last record of each completely read stream, for loaders that "
            "remove rows by it.",
            type="boolean",
            default=False,
        ),
    },
    "required": ["domain"],
}
