"""What the reads of a living company must have shown, from the sandbox's diary alone.

The company as it was founded, and the diary's entries, make its state at each read; events are what differs
between the states of two complete reads. Nothing here looks at a warehouse.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.diary import Entry

# Person, type, from what, to what, and the two reads; None for values that are not compared.
Event = tuple[str, str, str | None, str | None, str, str]
ATTRIBUTES = {"display_name": "renamed", "email": "email_changed", "department": "department_changed"}


@dataclass(frozen=True)
class Person:
    crm_id: int | None
    has_account: bool
    is_owner: bool
    active: bool
    display_name: str | None
    email: str | None
    department: str | None
    manager: str | None
    role: str | None
    groups: frozenset[str | None]


State = dict[str, Person]


@dataclass(frozen=True)
class Read:
    """One run that was complete on one side or both, and the company as it was then."""

    sync_id: str
    state: State
    is_of_crm: bool = True
    is_of_scim: bool = True


def founded(sandbox: Sandbox) -> State:
    """Return everyone as they are now, by the id that the diary would call them by."""
    roles = {role.id: role.name for role in sandbox.directory.roles}
    return {
        str(person.scim_id or person.crm_id): Person(
            crm_id=person.crm_id,
            has_account=person.scim_id is not None,
            is_owner=person.is_owner,
            active=person.active,
            display_name=person.display_name,
            email=person.email if person.scim_id else person.crm_email,
            department=person.department,
            manager=person.manager_id,
            role=roles.get(person.role_id or 0),
            groups=frozenset(group.name for group in sandbox.directory.groups_of(person.scim_id)),
        )
        for person in sandbox.directory.people
    }


def lived(before: State, entries: Sequence[Entry], sandbox: Sandbox) -> State:
    """Return the state after what was written down; those hired meanwhile are as a read finds them."""
    state = dict(before)
    hired = {entry.scim_id for entry in entries if entry.what == "account" and entry.old is None}
    for entry in entries:
        if entry.scim_id not in hired:
            state[entry.scim_id] = changed(state[entry.scim_id], entry)
    return state | {id_: person for id_, person in founded(sandbox).items() if id_ in hired}


def changed(person: Person, entry: Entry) -> Person:
    match entry.what:
        case "account":
            return replace(person, has_account=False)
        case "active":
            return replace(person, active=entry.new == "true")
        case "owner":
            return replace(person, is_owner=entry.new is not None)
        case "manager":
            return replace(person, manager=entry.new_id)
        case "group":
            return replace(person, groups=(person.groups - {entry.old}) | {entry.new} - {None})
        case "display_name":
            return replace(person, display_name=entry.new)
        case "email":
            return replace(person, email=entry.new)
        case "department":
            return replace(person, department=entry.new)
        case "role":
            return replace(person, role=entry.new)


def events(reads: Sequence[Read]) -> Iterator[Event]:
    for before, after in pairwise(read for read in reads if read.is_of_scim):
        span = (before.sync_id, after.sync_id)
        for id_ in before.state.keys() | after.state.keys():
            for event_type, old, new in shown_by_scim(id_, before.state, after.state):
                if event_type != "joined" or not was_owner_before(id_, reads, after):
                    yield (id_, event_type, old, new, *span)
    for before, after in pairwise(read for read in reads if read.is_of_crm):
        span = (before.sync_id, after.sync_id)
        for id_ in before.state.keys() | after.state.keys():
            for event_type, old, new in shown_by_crm(id_, before.state, after.state):
                if event_type == "role_changed" or not is_known_to_scim(id_, reads, after):
                    yield (id_, event_type, old, new, *span)


def shown_by_scim(id_: str, before: State, after: State) -> Iterator[tuple[str, str | None, str | None]]:
    old, new = account(id_, before), account(id_, after)
    old_groups, new_groups = old.groups if old else frozenset(), new.groups if new else frozenset()
    yield from (("group_joined", None, name) for name in new_groups - old_groups)
    yield from (("group_left", name, None) for name in old_groups - new_groups)
    if old is None or new is None:
        if old is not new:
            yield ("removed" if new is None else "joined", None, None)
        return
    if old.active != new.active:
        yield ("reactivated" if new.active else "deactivated", None, None)
    for name, event_type in ATTRIBUTES.items():
        if getattr(old, name) != getattr(new, name):
            yield (event_type, getattr(old, name), getattr(new, name))
    if old.manager != new.manager:
        yield ("manager_changed", None, None)


def shown_by_crm(id_: str, before: State, after: State) -> Iterator[tuple[str, str | None, str | None]]:
    old, new = owner(id_, before), owner(id_, after)
    if old and new and old.role != new.role:
        yield ("role_changed", old.role, new.role)
    elif (old is None) != (new is None):
        yield ("removed" if new is None else "joined", None, None)


def account(id_: str, state: State) -> Person | None:
    return state[id_] if id_ in state and state[id_].has_account else None


def owner(id_: str, state: State) -> Person | None:
    return state[id_] if id_ in state and state[id_].is_owner else None


def was_owner_before(id_: str, reads: Sequence[Read], read: Read) -> bool:
    """Whether the CRM had shown the person before this read, and had not shown them gone since."""
    earlier = [other for other in reads if other.is_of_crm and other.sync_id < read.sync_id]
    return bool(earlier and owner(id_, earlier[-1].state)) and not is_known_to_scim(
        id_, reads, read, before=True
    )


def is_known_to_scim(id_: str, reads: Sequence[Read], read: Read, *, before: bool = False) -> bool:
    return any(
        account(id_, other.state)
        for other in reads
        if other.is_of_scim and (other.sync_id < read.sync_id if before else other.sync_id <= read.sync_id)
    )
