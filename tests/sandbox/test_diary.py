"""Days pass, and what the diary says of them is what both surfaces show."""

from __future__ import annotations

from collections import Counter
from typing import Any, get_args

import pytest
import requests

from freshsales_sandbox.app import PLAY_HEADER, PLAY_PATH, PLAY_SECRET, Sandbox
from freshsales_sandbox.company import found_company
from freshsales_sandbox.diary import Diary, Entry, Kind
from freshsales_sandbox.directory import Directory
from tests.sandbox.asking import Client

State = dict[str, dict[str, Any]]


def state(directory: Directory) -> State:
    """What a history of reads could see of each SCIM user, by id."""
    roles = {role.id: role.name for role in directory.roles}
    return {
        str(person.scim_id): {
            "account": person.display_name,
            "active": str(person.active).lower(),
            "owner": person.display_name if person.is_owner else None,
            "display_name": person.display_name,
            "email": person.email,
            "department": person.department,
            "manager": person.manager_id,
            "role": roles.get(person.role_id or 0),
            "groups": {group.scim_id for group in directory.groups_of(person.scim_id)},
        }
        for person in directory.users()
    }


def replay(before: State, entries: list[Entry], after: State) -> State:
    """Apply a diary to what was there before; who was hired begins as an empty page."""
    people = {scim_id: {**facts, "groups": set(facts["groups"])} for scim_id, facts in before.items()}
    for entry in entries:
        if entry.what == "account" and entry.old is None:
            # What a hire begins with, besides what the diary tells in entries of their own.
            people[entry.scim_id] = {**after.get(entry.scim_id, {}), "groups": set(), "owner": None}
        elif entry.what == "account":
            del people[entry.scim_id]
        elif entry.what == "group":
            groups: set[str] = people[entry.scim_id]["groups"]
            groups ^= {str(entry.old_id or entry.new_id)}
        elif entry.scim_id in people:
            facts = people[entry.scim_id]
            facts[entry.what] = entry.new_id if entry.what == "manager" else entry.new
            if entry.what == "display_name":
                facts["account"] = entry.new
                facts["owner"] = entry.new if facts["owner"] else None
    return people


def test_a_diary_applied_to_the_old_state_gives_the_new_one() -> None:
    directory = found_company(200, seed=11)
    diary = Diary(directory, seed=11)
    before = state(directory)
    entries = diary.play(60)
    after = state(directory)
    replayed = replay(before, entries, after)
    hired = {entry.scim_id for entry in entries if entry.kind == "hire"}
    assert replayed.keys() == after.keys()
    for scim_id in after.keys() - hired:
        assert replayed[scim_id] == after[scim_id]
    for scim_id in after.keys() & hired:
        for what in ("owner", "groups"):
            assert replayed[scim_id][what] == after[scim_id][what]


def test_every_kind_of_event_happens_within_half_a_year() -> None:
    diary = Diary(found_company(200, seed=1), seed=1)
    kinds = Counter(entry.kind for entry in diary.play(180))
    assert set(kinds) == set(get_args(Kind))


def test_the_same_seed_writes_the_same_diary_however_the_days_are_cut() -> None:
    at_once = Diary(found_company(100, seed=2), seed=2)
    at_once.play(30)
    in_parts = Diary(found_company(100, seed=2), seed=2)
    parts = [in_parts.play(days) for days in (1, 9, 20)]
    assert at_once.entries == in_parts.entries == [entry for part in parts for entry in part]
    assert at_once.entries != Diary(found_company(100, seed=2), seed=3).play(30)


def test_old_values_are_those_that_were_there() -> None:
    directory = found_company(150, seed=5)
    diary = Diary(directory, seed=5)
    for _ in range(40):
        before = state(directory)
        told: set[tuple[str, str]] = set()
        for entry in diary.play(1):
            if (
                entry.what in {"group", "account"}
                or (entry.scim_id, entry.what) in told
                or entry.scim_id not in before
            ):
                continue
            told.add((entry.scim_id, entry.what))
            old = entry.old_id if entry.what == "manager" else entry.old
            if not (entry.what == "owner" and (entry.scim_id, "display_name") in told):
                assert old == before[entry.scim_id][entry.what], entry


def test_days_move_the_clock_and_what_changed_says_when() -> None:
    with Sandbox(people=80, seed=4) as sandbox, Client(sandbox) as client:
        entries = [entry for entry in sandbox.play(20) if entry.what == "display_name"]
        assert sandbox.diary.day == 20
        last = entries[-1]
        user = client.scim(f"Users/{last.scim_id}").json()
        assert user["displayName"] == last.new
        assert user["meta"]["lastModified"][:10] >= last.at.date().isoformat()
        assert last.at.date().isoformat() == f"2026-01-{5 + last.day:02d}"


def test_a_role_is_the_crms_affair_and_does_not_date_the_scim_user() -> None:
    directory = found_company(80, seed=4)
    person = directory.owners()[3]
    before = (person.modified, person.version, person.crm_modified)
    directory.change(person, role_id=directory.roles[-1].id)
    assert (person.modified, person.version) == before[:2]
    assert person.crm_modified > before[2]


def test_another_process_plays_days_with_the_directors_header_only() -> None:
    with Sandbox(people=80, seed=4, quota="1/h") as sandbox:
        url = f"http://127.0.0.1:{sandbox.port}{PLAY_PATH}"
        headers = {PLAY_HEADER: PLAY_SECRET}
        assert requests.post(url, params={"days": 7}, timeout=10).status_code == 403
        assert requests.get(url, params={"days": 7}, headers=headers, timeout=10).status_code == 400
        for days in ("0", "-3", "x", "99999"):
            assert requests.post(url, params={"days": days}, headers=headers, timeout=10).status_code == 400
        assert sandbox.diary.day == 0
        played = requests.post(url, params={"days": 7}, headers=headers, timeout=10).json()
        assert played["day"] == sandbox.diary.day == 7
        assert [entry["scim_id"] for entry in played["entries"]] == [e.scim_id for e in sandbox.diary.entries]
        assert sandbox.requests == []


@pytest.mark.parametrize("people", [0, 1, 2])
def test_a_tiny_company_lives_too(people: int) -> None:
    Diary(found_company(people, seed=1), seed=1).play(60)
