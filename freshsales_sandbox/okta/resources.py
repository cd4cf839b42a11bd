"""The JSON of users, app users and log events, in the shapes of Okta's documentation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from freshsales_sandbox.okta.tenant import FRESHWORKS_APP, LEFT, Assignment, Event, OktaUser

JSON = dict[str, Any]

APP_NAMES = {FRESHWORKS_APP: "Freshworks"}
DISPLAY_MESSAGES = {
    "user.lifecycle.activate": "Activate Okta user",
    "user.lifecycle.deactivate": "Deactivate Okta user",
    "user.lifecycle.reactivate": "Reactivate Okta user",
    "user.session.start": "User login to Okta",
    "user.authentication.sso": "User single sign on to app",
    "application.user_membership.add": "Add user to application membership",
    "application.user_membership.remove": "Remove user's application membership",
    "application.provision.user.deactivate": "Push user deactivation to external application",
}
ADMINISTRATOR = {
    "id": "00u1administrator5d7",
    "type": "User",
    "alternateId": "okta.admin@acme.example",
    "displayName": "Okta Administrator",
    "detailEntry": None,
}


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def user(record: OktaUser, base_url: str) -> JSON:
    person = record.person
    return {
        "id": record.id,
        "status": record.status,
        "created": timestamp(record.created),
        "activated": None if record.status == "STAGED" else timestamp(record.created),
        "statusChanged": timestamp(record.status_changed),
        "lastLogin": None if record.last_login is None else timestamp(record.last_login),
        "lastUpdated": timestamp(record.last_updated),
        "passwordChanged": None,
        "type": {"id": "oty1acme000000005d7"},
        "profile": {
            "firstName": person.given_name,
            "lastName": person.family_name,
            "displayName": person.display_name,
            "login": record.login,
            "email": record.login,
            # The address for resetting the password. No load may take it.
            "secondEmail": f"{record.id[-8:]}@private.example",
            "mobilePhone": person.mobile,
            "employeeNumber": person.employee_number,
            "department": person.department,
            "title": person.title,
        },
        "credentials": {
            "password": {},
            "recovery_question": {"question": "Who was your first teacher?"},
            "provider": {"type": "OKTA", "name": "OKTA"},
        },
        "_links": {"self": {"href": f"{base_url}/users/{record.id}"}},
    }


def app_user(record: Assignment, base_url: str) -> JSON:
    is_provisioned = record.external_id is not None
    login = record.user.person.user_name if is_provisioned else record.user.login
    return {
        "id": record.user.id,
        "externalId": record.external_id,
        "created": timestamp(record.created),
        "lastUpdated": timestamp(record.created),
        "scope": record.scope,
        "status": "PROVISIONED" if is_provisioned else "ACTIVE",
        "statusChanged": timestamp(record.created),
        "passwordChanged": None,
        "syncState": record.sync_state,
        "lastSync": timestamp(record.created) if is_provisioned else None,
        "credentials": {"userName": login},
        "profile": {"email": record.user.login, "displayName": record.user.person.display_name},
        "_links": {
            "app": {"href": f"{base_url}/apps/{record.app_id}"},
            "user": {"href": f"{base_url}/users/{record.user.id}"},
        },
    }


def log_event(event: Event) -> JSON:
    person = {
        "id": event.user.id,
        "type": "User",
        "alternateId": event.user.login,
        "displayName": event.user.person.display_name,
        "detailEntry": None,
    }
    target: list[JSON] = [] if event.is_own_deed else [person]
    if event.app_id is not None:
        app = {
            "id": event.app_id,
            "type": "AppInstance",
            "alternateId": APP_NAMES.get(event.app_id, "Payroll"),
            "displayName": APP_NAMES.get(event.app_id, "Payroll"),
            "detailEntry": None,
        }
        # In the log, an app user has its own id, which is not the id of the user.
        app_user_target = person | {"type": "AppUser", "id": f"0ua{event.user.id[3:]}"}
        target = [app_user_target, app, *target]
    return {
        "uuid": event.id,
        "published": timestamp(event.at),
        "eventType": event.type,
        "version": "0",
        "severity": "INFO" if event.result == "SUCCESS" else "ERROR",
        "legacyEventType": None,
        "displayMessage": DISPLAY_MESSAGES.get(event.type, event.type),
        "actor": person if event.is_own_deed else ADMINISTRATOR,
        "client": {"ipAddress": "192.0.2.7", "zone": "null", "device": "Computer"},
        "authenticationContext": {"authenticationStep": 0, "externalSessionId": "unknown"},
        "outcome": {"result": event.result, "reason": event.reason},
        "target": target or None,
        "transaction": {"type": "WEB", "id": event.id.replace("-", ""), "detail": {}},
        "debugContext": {"debugData": {"requestUri": "/api/v1/"}},
        "request": {"ipChain": []},
        "securityContext": {"isProxy": False},
    }


def is_hidden(record: JSON) -> bool:
    """Whether the list of users leaves this user out if no filter asks for them."""
    return bool(record["status"] == LEFT)
