"""The people on the server of the benchmark, each as the bytes of its JSON."""

from __future__ import annotations

import json
import random
import uuid
from typing import Any

SEED = 20261101
FIRST_OWNER_ID = 70_000_000_000
DEPARTMENTS = ("Sales", "Support", "Marketing", "Finance", "Engineering", "People")
GIVEN_NAMES = ("Amara", "Björn", "Chiara", "Dmitri", "Elif", "Femi", "Grace", "Hiroshi", "Inés", "Jan")
FAMILY_NAMES = ("Okafor", "Lindqvist", "Rossi", "Ivanova", "Yılmaz", "Adeyemi", "O'Neill", "Sato", "García")
ENTERPRISE_USER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def build(people: int) -> tuple[list[bytes], list[bytes]]:
    """SCIM users with ids of 36 characters, and owners with integer ids. Each person is one of both."""
    chance = random.Random(SEED)
    ids = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(people)]
    users, owners = [], []
    for number, user_id in enumerate(ids):
        given, family = chance.choice(GIVEN_NAMES), chance.choice(FAMILY_NAMES)
        email = f"person{number}@acme.example"
        active = chance.random() > 0.1
        created = (
            f"20{chance.randint(15, 25)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}T08:30:00"
        )
        user = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE_USER],
            "id": user_id,
            "externalId": f"00u{number:010d}",
            "userName": email,
            "name": {"givenName": given, "familyName": family, "formatted": f"{given} {family}"},
            "displayName": f"{given} {family}",
            "title": "Account executive",
            "userType": "Employee",
            "preferredLanguage": "en-GB",
            "locale": "en-GB",
            "timezone": "Europe/Stockholm",
            "active": active,
            "emails": [
                {"value": email, "type": "work", "primary": True},
                {"value": f"p{number}@home.example", "type": "home"},
            ],
            "phoneNumbers": [{"value": f"+46 8 {number:07d}", "type": "work"}],
            ENTERPRISE_USER: {
                "employeeNumber": str(number),
                "department": chance.choice(DEPARTMENTS),
                "organization": "Acme",
                "manager": {"value": chance.choice(ids), "displayName": "Grace Sato"},
            },
            "meta": {
                "resourceType": "User",
                "created": f"{created}Z",
                "lastModified": "2026-10-01T12:00:00.000Z",
                "location": f"https://acme.myfreshworks.com/scim/v2/Users/{user_id}",
                "version": f'W/"{number}"',
            },
        }
        owner = {
            "id": FIRST_OWNER_ID + number,
            "name": f"{given} {family}",
            "display_name": f"{given} {family}",
            "first_name": given,
            "last_name": family,
            "email": email,
            "phone": f"+46 8 {number:07d}",
            "mobile": None,
            "role_id": FIRST_OWNER_ID + number % 12,
            "territory_id": FIRST_OWNER_ID + number % 30,
            "is_active": active,
            "time_zone": "Stockholm",
            "language": "en",
            "created_at": f"{created}+01:00",
            "updated_at": "2026-10-01T14:00:00+02:00",
        }
        users.append(_bytes(user))
        owners.append(_bytes(owner))
    return users, owners


def _bytes(resource: dict[str, Any]) -> bytes:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()
