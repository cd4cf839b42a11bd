"""Changes while a list is read: `swap@2` happens before the second request is answered."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import cast

from werkzeug import Request, Response

from freshsales_sandbox.directory import Directory, Group, ListName, Person
from freshsales_sandbox.layers import Endpoint, Handler, Layer, endpoint_of
from freshsales_sandbox.schedule import Arrivals, Planned

USUAL_LIST: Endpoint = "scim_users"
DRIFTING_LISTS: tuple[Endpoint, ...] = ("owners", "scim_users", "scim_groups")

Drift = Callable[[Directory, ListName], None]


def layer_of(plan: Collection[Planned], directory: Directory) -> Layer:
    arrivals = Arrivals()

    def layer(request: Request, answer: Handler) -> Response:
        number = arrivals.count(request)
        for planned in plan:
            is_due = number >= planned.first and planned.lasts(number - planned.first)
            if planned.list == endpoint_of(request) and is_due:
                DRIFTS[planned.name][1](directory, cast("ListName", planned.list))
        return answer(request)

    return layer


def _join(directory: Directory, name: ListName, share: float) -> None:
    """Add a person at this place of the list: 0 is its beginning, 1 its end."""
    if name == "scim_groups":
        group = Group(
            scim_id=directory.new_scim_id(),
            name=f"Task Force {len(directory.groups) + 1}",
            created=directory.now,
            modified=directory.now,
        )
        directory.add_group(group, int(len(directory.groups) * share))
    else:
        directory.add(newcomer(directory), int(len(directory.people) * share))


def newcomer(directory: Directory) -> Person:
    """Invent a person who is on both sides."""
    number = len(directory.arrivals) + 1
    email = f"newcomer.{number}.{directory.new_crm_id()}@acme.example"
    return directory.new_person(
        given_name="New",
        family_name=f"Comer {number}",
        display_name=f"New Comer {number}",
        user_name=email,
        email=email,
    )


def _leave(directory: Directory, name: ListName, place: int) -> None:
    if name == "scim_groups":
        groups = directory.listed_groups()
        if groups:
            directory.remove_group(groups[place])
        return
    people = directory.users() if name == "scim_users" else directory.owners()
    # The person whose key reads the lists stays.
    people = [person for person in people if person is not directory.key_owner]
    if people:
        directory.remove(people[place])


def _swap(directory: Directory, name: ListName) -> None:
    _leave(directory, name, 0)
    _join(directory, name, 1)


def _swap_back(directory: Directory, name: ListName) -> None:
    _leave(directory, name, -1)
    _join(directory, name, 0)


DRIFTS: dict[str, tuple[str, Drift]] = {
    "join": ("someone joins at the end of the list", lambda directory, name: _join(directory, name, 1)),
    "join-middle": ("someone joins in the middle", lambda directory, name: _join(directory, name, 0.5)),
    "join-first": ("someone joins at its beginning", lambda directory, name: _join(directory, name, 0)),
    "leave": (
        "one of the first leaves: all others move up",
        lambda directory, name: _leave(directory, name, 0),
    ),
    "leave-last": ("the last one leaves", lambda directory, name: _leave(directory, name, -1)),
    "swap": ("one of the first leaves and another joins at the end: the total does not change", _swap),
    "swap-back": (
        "the last leaves and another joins at the beginning: the total does not change",
        _swap_back,
    ),
    "reorder": ("the second half of the list comes first", lambda directory, name: directory.rotate(name)),
}
