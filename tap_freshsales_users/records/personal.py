"""Replaces what tells who somebody is by pseudonyms, before a record leaves the reader.

A pseudonym is an HMAC-SHA256 with the key of the setting `pseudonym_key`. The same name, address or phone
number has the same pseudonym in every stream, so matching and history work as before. Without the key, nobody
can find out whose pseudonym it is, nor test a list of addresses.

- An address (any text with an `@`) and a name are compared as the marts compare them: without white space
  around them, in lower case. The pseudonym of an address is an address; the pseudonym of a name is not.
- Of a phone number only the digits count.
- Attributes that no column names may hold anything. So `additional_attributes` is left out, and so are
  sub-attributes of lists that are not named here.
- Ids stay, since they are the keys of the tables. If an id is an address, the read ends with an error.
- What else stays of a person, such as an employee number, is replaced if it is an address.
- Names of groups, roles, territories and teams stay: they tell who is an administrator.

A column that `TREATMENTS` does not name stays as it is. A test names each of them.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tap_freshsales_users.errors import ConfigurationError
from tap_freshsales_users.records.shaper import Record

# A domain that cannot exist (RFC 2606).
DOMAIN = "pseudonym.invalid"
ADDRESS_DIGITS, NAME_DIGITS, FINGERPRINT_DIGITS = 32, 24, 16
# The ids that directories make. Any other text may be a user name.
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_OKTA = re.compile(r"00u[0-9A-Za-z]{17}")
_WORD = re.compile(r"[A-Za-z]+")
_TOKEN = re.compile(r"(?=.*[0-9])[0-9A-Za-z_-]+")


def normal(text: str) -> str:
    """The text in lower case, without white space around it; one character stays one, as in SQL."""
    return "".join([character.lower()[0] for character in text.strip()])


class PersonalIdError(Exception):
    """An id that is an address, and so tells whose it is."""


class Pseudonyms:
    """Makes pseudonyms of names, addresses and phone numbers with one key."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        # Tells whether two keys are the same, and nothing else about them.
        self.fingerprint = self._digest("fingerprint", "")[:FINGERPRINT_DIGITS]

    def text(self, value: Any) -> str | None:
        """The pseudonym of an address or a name; null for an object or a list. White space stays as it is."""
        if value is None or isinstance(value, dict | list | bool):
            return None
        text = str(value)
        plain = normal(text)
        if not plain:
            return text
        if "@" in plain:
            return f"{self._digest('address', plain)[:ADDRESS_DIGITS]}@{DOMAIN}"
        return f"name-{self._digest('name', plain)[:NAME_DIGITS]}"

    def phone(self, value: Any) -> str | None:
        if value is None or isinstance(value, dict | list | bool):
            return None
        text = str(value)
        if not text.strip():
            return text
        digits = "".join(filter(str.isdecimal, text)) or normal(text)
        return f"phone-{self._digest('phone', digits)[:NAME_DIGITS]}"

    def _digest(self, kind: str, text: str) -> str:
        # A lone surrogate cannot be UTF-8. It comes from a broken answer, and is replaced only later.
        message = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, message, "sha256").hex()

    def disguise(self, table: str, record: Record) -> None:
        """Treat each column of a record, in place; raises ConfigurationError if an id is an address."""
        try:
            for column, treatment in TREATMENTS[table].items():
                if record.get(column) is not None:
                    record[column] = treatment(self, record[column], record)
        except PersonalIdError:
            raise ConfigurationError(
                f"stream {table}: with `pseudonym_key` set, a record cannot be sent: its id is an address",
                "Ids are the keys of the tables and stay as they are. Leave this stream out, or read it "
                "without `pseudonym_key`.",
            ) from None


Treatment = Callable[[Pseudonyms, Any, Record], Any]


def _text(pseudonyms: Pseudonyms, value: Any, _record: Record) -> Any:
    return pseudonyms.text(value)


def _phone(pseudonyms: Pseudonyms, value: Any, _record: Record) -> Any:
    return pseudonyms.phone(value)


def _nothing(_pseudonyms: Pseudonyms, _value: Any, _record: Record) -> None:
    return None


def _same(_pseudonyms: Pseudonyms, value: Any, _record: Record) -> Any:
    return value


def _plain(_pseudonyms: Pseudonyms, value: Any, _record: Record) -> Any:
    """A value that is one word, such as `work` or `true`; else null."""
    is_plain = isinstance(value, bool) or (isinstance(value, str) and _WORD.fullmatch(value))
    return value if is_plain else None


def _elements(within: Mapping[str, Treatment], pseudonyms: Pseudonyms, value: Any, _record: Record) -> Any:
    """The elements of a list. An object keeps only the sub-attributes that are named here."""
    if not isinstance(value, list):
        return None
    return [
        {name: treat(pseudonyms, element[name], element) for name, treat in within.items() if name in element}
        if isinstance(element, dict)
        else within["value"](pseudonyms, element, {})
        for element in value
    ]


def _member(pseudonyms: Pseudonyms, value: Any, member: Record) -> Any:
    """What is kept of a member. A member counts as a person unless its type says that it is a group."""
    kind = member.get("type", member.get("member_type"))
    return value if isinstance(kind, str) and kind.lower() == "group" else pseudonyms.text(value)


def _address_or_id(pseudonyms: Pseudonyms, value: Any, _record: Record) -> Any:
    return pseudonyms.text(value) if "@" in str(value) else value


def _id(_pseudonyms: Pseudonyms, value: Any, _record: Record) -> Any:
    if "@" in str(value):
        raise PersonalIdError
    return value


def _external_id(pseudonyms: Pseudonyms, value: Any, _record: Record) -> Any:
    is_opaque = value.isdecimal() or _UUID.fullmatch(value) or _OKTA.fullmatch(value)
    return value if is_opaque else pseudonyms.text(value)


def _manager_id(pseudonyms: Pseudonyms, value: Any, record: Record) -> Any:
    """The id of a manager, if it looks like one. Some directories give a user name or an address instead."""
    return value if _form(value) == _form(str(record.get("id"))) else pseudonyms.text(value)


def _form(text: str) -> str:
    if "@" in text:
        return "address"
    if text.isdecimal():
        return "number"
    if _UUID.fullmatch(text):
        return "uuid"
    return f"token of {len(text)}" if _TOKEN.fullmatch(text) else "word"


def left_out(table: str) -> set[str]:
    """Columns that are always null if there are pseudonyms."""
    return {column for column, treatment in TREATMENTS[table].items() if treatment is _nothing}


def replaced(table: str) -> set[str]:
    """Columns whose value is a pseudonym, or holds pseudonyms."""
    kept = {
        column
        for column, treatment in TREATMENTS[table].items()
        if treatment in {_id, _address_or_id, _GRANTS}
    }
    return TREATMENTS[table].keys() - left_out(table) - kept


_OTHERS: dict[str, Treatment] = {"additional_attributes": _nothing}
_KIND: dict[str, Treatment] = {"type": _plain, "primary": _plain}
_CRM_USER: dict[str, Treatment] = (
    dict.fromkeys(("name", "display_name", "first_name", "last_name", "email"), _text)
    | dict.fromkeys(("phone", "mobile", "work_number", "mobile_number"), _phone)
    | dict.fromkeys(("job_title", "time_zone", "language"), _address_or_id)
    | {"uuid": _id}
    | _OTHERS
)
# Groups, roles and entitlements of a person keep their own names.
_GRANTS = partial(_elements, {"value": _same, "display": _same} | _KIND)
TREATMENTS: dict[str, dict[str, Treatment]] = {
    "profile": _CRM_USER,
    "owners": _CRM_USER,
    "roles": _OTHERS,
    "territories": _OTHERS,
    "teams": _OTHERS,
    "scim_users": {
        "id": _id,
        "external_id": _external_id,
        **dict.fromkeys(
            (
                *("user_name", "display_name", "nick_name", "given_name", "family_name", "formatted_name"),
                *("primary_email", "manager_display_name"),
            ),
            _text,
        ),
        **dict.fromkeys(
            (
                *("title", "user_type", "preferred_language", "locale", "timezone", "employee_number"),
                *("cost_center", "organization", "division", "department", "resource_version"),
            ),
            _address_or_id,
        ),
        "emails": partial(_elements, {"value": _text, "display": _text} | _KIND),
        "phone_numbers": partial(_elements, {"value": _phone, "display": _phone} | _KIND),
        # Nothing is needed of a postal address.
        "addresses": _nothing,
        "groups": _GRANTS,
        "roles": _GRANTS,
        "entitlements": _GRANTS,
        "manager_id": _manager_id,
        # The end of a location may be a user name.
        "resource_location": _nothing,
        **_OTHERS,
    },
    "scim_groups": {
        "members": partial(_elements, {"value": _address_or_id, "display": _member, "type": _plain}),
        **_OTHERS,
    },
    "owned_records": {},
    "scim_group_members": {"member_id": _id, "member_display": _member, **_OTHERS},
}
