"""Pseudonyms in place of what says who somebody is, before a record leaves the reader.

A pseudonym is an HMAC-SHA256 with the key of the setting `pseudonym_key`. The same name, address or phone
number has the same pseudonym in every stream, so matching and history go on as before. Without the key nobody
can tell whose it is, nor try addresses out.

- An address (any text with an `@`) and a name are compared as the marts compare them: without blanks around
  them, and whatever the letter case. The pseudonym of an address is an address again; that of a name is none.
- Of a phone number only the digits count.
- What no column names may hold anything: `additional_attributes` are left out, and so are sub-attributes of
  lists that are not named here.
- Ids stay, since they are the keys of the tables. An id that is an address ends the read.
- Names of groups, roles, territories and teams stay: administrators are known by them.

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

# No such domain can exist (RFC 2606).
DOMAIN = "pseudonym.invalid"
ADDRESS_DIGITS, NAME_DIGITS, FINGERPRINT_DIGITS = 32, 24, 16
# Ids as directories make them. Anything else may be what somebody signs in with.
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_OKTA = re.compile(r"00u[0-9A-Za-z]{17}")
_WORD = re.compile(r"[A-Za-z]+")
_TOKEN = re.compile(r"(?=.*[0-9])[0-9A-Za-z_-]+")


def normal(text: str) -> str:
    """Without blanks around it and in lower case; each character becomes one, as in SQL."""
    return "".join([character.lower()[0] for character in text.strip()])


class PersonalIdError(Exception):
    """An id that tells whose it is."""


class Pseudonyms:
    """What a key makes of names, addresses and phone numbers."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        # Tells keys apart, and nothing else of them.
        self.fingerprint = self._digest("fingerprint", "")[:FINGERPRINT_DIGITS]

    def text(self, value: Any) -> str | None:
        """Of an address or a name; nothing of what is no plain value, and blanks as they are."""
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
        # A lone surrogate has no UTF-8; it comes from a broken answer, and is replaced only later.
        message = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, message, "sha256").hex()

    def disguise(self, table: str, record: Record) -> None:
        """Treat each column of a record, in place. Raises ConfigurationError where an id is an address."""
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
    """One word, such as `work` or `true`."""
    is_plain = isinstance(value, bool) or (isinstance(value, str) and _WORD.fullmatch(value))
    return value if is_plain else None


def _elements(within: Mapping[str, Treatment], pseudonyms: Pseudonyms, value: Any, _record: Record) -> Any:
    """Each element of a list: of an object, the sub-attributes that are named here; else its value alone."""
    if not isinstance(value, list):
        return None
    return [
        {name: treat(pseudonyms, element[name], element) for name, treat in within.items() if name in element}
        if isinstance(element, dict)
        else within["value"](pseudonyms, element, {})
        for element in value
    ]


def _member(pseudonyms: Pseudonyms, value: Any, member: Record) -> Any:
    """What is shown of a member: a person, unless it is said to be a group."""
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
    """Some directories name a manager by user name or address: only what is built like an id here is one."""
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
    """Columns that are always null with pseudonyms."""
    return {column for column, treatment in TREATMENTS[table].items() if treatment is _nothing}


def replaced(table: str) -> set[str]:
    """Columns that hold pseudonyms, in them or in place of them."""
    kept = {column for column, treatment in TREATMENTS[table].items() if treatment in {_id, _GRANTS}}
    return TREATMENTS[table].keys() - left_out(table) - kept


_OTHERS: dict[str, Treatment] = {"additional_attributes": _nothing}
_KIND: dict[str, Treatment] = {"type": _plain, "primary": _plain}
_CRM_USER: dict[str, Treatment] = (
    dict.fromkeys(("name", "display_name", "first_name", "last_name", "email"), _text)
    | dict.fromkeys(("phone", "mobile", "work_number", "mobile_number"), _phone)
    | _OTHERS
)
# Groups, roles and entitlements of a person are told by their own names.
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
        "emails": partial(_elements, {"value": _text, "display": _text} | _KIND),
        "phone_numbers": partial(_elements, {"value": _phone, "display": _phone} | _KIND),
        # Of a place where somebody lives, nothing is needed.
        "addresses": _nothing,
        "groups": _GRANTS,
        "roles": _GRANTS,
        "entitlements": _GRANTS,
        "manager_id": _manager_id,
        # May end in what somebody signs in with.
        "resource_location": _nothing,
        **_OTHERS,
    },
    "scim_groups": {
        "members": partial(_elements, {"value": _address_or_id, "display": _member, "type": _plain}),
        **_OTHERS,
    },
    "scim_group_members": {"member_id": _id, "member_display": _member, **_OTHERS},
}
