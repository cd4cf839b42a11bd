"""Rows as the tap would write them, with what a test does not care about left out."""

from typing import Any

Row = dict[str, Any]


def owner(number: int, email: str | None = None, **columns: Any) -> Row:
    return {"id": number, "email": email, "display_name": f"Owner {number}", "is_active": True, **columns}


def user(name: str, email: str | None = None, **columns: Any) -> Row:
    return {
        "id": name,
        "user_name": name,
        "display_name": name.title(),
        "active": True,
        "primary_email": email,
        "emails": None if email is None else [{"value": email, "primary": True}],
        **columns,
    }


def role(number: int, name: str) -> Row:
    return {"id": number, "name": name}


def group(name: str) -> Row:
    return {"id": name, "display_name": f"{name.title()} group"}


def members(name: str, *ids: str, kind: str | None = "User") -> list[Row]:
    return [
        {
            "group_id": name,
            "group_display_name": f"{name.title()} group",
            "member_id": member,
            "member_type": kind,
        }
        for member in ids
    ]
