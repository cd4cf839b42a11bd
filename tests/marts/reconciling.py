"""Random directories, and which owner is which SCIM user in them: the ladder, as plainly as can be."""

from collections.abc import Iterator
from random import Random
from typing import Any

from tests.marts.people import owner, user

Row = dict[str, Any]
ACCOUNTS = 40


def random_directories() -> Iterator[tuple[str, list[Row], list[Row]]]:
    """Few addresses for many people, so that they meet in every way there is."""
    chance = Random(20261105)
    for number in range(ACCOUNTS):
        addresses = [f"{name}@x" for name in "abcdefghijklmnop"[: chance.randint(3, 16)]]
        addresses += [f"{addresses[0][0]}+tag@x"]
        spellings = [form(address) for address in addresses for form in (str, str.upper, " {} ".format)]
        owners = [
            owner(
                place,
                chance.choice([*spellings, None]),
                uuid=chance.choice([*(f"u{number}" for number in range(8)), *[None] * 60]),
            )
            for place in range(chance.randint(0, len(addresses)))
        ]
        users = []
        for place in range(chance.randint(0, len(addresses))):
            emails = chance.sample(spellings, chance.randint(0, 2))
            primary = emails[0] if emails else None
            name = chance.choice([*spellings, f"name{place}"])
            users.append(
                user(f"u{place}", primary, emails=[{"value": value} for value in emails], user_name=name)
            )
        yield f"random{number}", owners, users


def pairs(owners: list[Row], users: list[Row]) -> tuple[dict[tuple[int, str], str], set[int | str]]:
    """How each pair was matched, and who was left in a tie."""
    found: dict[tuple[int, str], str] = {}
    tied: set[int | str] = set()
    for method in ("uuid", "primary_email", "any_email", "user_name"):
        settled = tied | {id_ for pair in found for id_ in pair}
        sides = [
            [
                (row["id"], {row["uuid"] if method == "uuid" else clean(row["email"])})
                for row in owners
                if row["id"] not in settled
            ],
            [(row["id"], values(row, method)) for row in users if row["id"] not in settled],
        ]
        edges = {
            (left, right, value)
            for left, lefts in sides[0]
            for right, rights in sides[1]
            for value in (lefts & rights) - {None}
        }
        for left, right, _ in edges:
            # Both ends must have no other choice.
            if len({(o, u) for o, u, _ in edges if o == left or u == right}) == 1:
                found[left, right] = method
            else:
                tied |= {left, right}
    return found, tied


def values(row: Row, method: str) -> set[str | None]:
    if method == "uuid":
        return {row["id"]}
    if method == "primary_email":
        return {clean(row["primary_email"])}
    if method == "user_name":
        return {clean(row["user_name"])}
    return {clean(email["value"]) for email in row["emails"]} | {clean(row["primary_email"])}


def clean(text: str | None) -> str | None:
    return text.strip().lower() if text else None
