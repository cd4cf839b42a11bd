"""The invented company, before any request."""

from __future__ import annotations

from collections import Counter

import pytest

from freshsales_sandbox.company import found_company
from freshsales_sandbox.directory import Directory


@pytest.fixture(scope="module")
def company() -> Directory:
    return found_company(1000, seed=7)


def test_the_same_seed_founds_the_same_company_and_another_seed_another() -> None:
    first, again, other = (
        [(person.scim_id, person.crm_id, person.display_name) for person in found_company(50, seed).people]
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_no_id_of_one_side_is_an_id_of_the_other(company: Directory) -> None:
    scim_ids = {person.scim_id for person in company.people if person.scim_id}
    crm_ids = {str(person.crm_id) for person in company.people if person.crm_id}
    assert not scim_ids & crm_ids
    assert len(scim_ids) == len(company.users())
    assert min(map(int, crm_ids)) > 2**32


def test_everyone_is_on_one_side_at_least_and_some_are_on_one_side_only(company: Directory) -> None:
    sides = Counter((person.scim_id is not None, person.crm_id is not None) for person in company.people)
    assert sides[False, False] == 0
    assert sides[True, False] > 0
    assert sides[False, True] > 0
    assert sides[True, True] > len(company.people) * 0.8


def test_leavers_are_inactive_in_scim_and_a_few_of_them_are_still_owners(company: Directory) -> None:
    leavers = [person for person in company.users() if not person.active]
    owners_still = [person for person in leavers if person.is_owner]
    assert 0 < len(owners_still) < len(leavers) / 2
    assert {person.active for person in found_company(10, seed=7).users()} == {True, False}


def test_some_addresses_differ_between_the_sides_by_letter_case_alone(company: Directory) -> None:
    both = [person for person in company.people if person.scim_id and person.crm_email and person.email]
    recased = [
        person
        for person in both
        if person.email != person.crm_email and str(person.email).lower() == str(person.crm_email).lower()
    ]
    assert recased


def test_user_names_are_unique_and_some_addresses_are_shared(company: Directory) -> None:
    users = company.users()
    assert len({person.user_name.lower() for person in users}) == len(users)
    assert len({person.email for person in users}) < len(users)


def test_everyone_but_a_few_has_a_manager_and_the_chain_ends_at_the_top(company: Directory) -> None:
    without = [person for person in company.users() if person.manager_id is None]
    assert 1 <= len(without) < len(company.people) * 0.05
    for person in company.users():
        seen = set()
        manager = company.user(person.manager_id)
        while manager is not None:
            assert manager.scim_id not in seen
            seen.add(manager.scim_id)
            manager = company.user(manager.manager_id)


def test_groups_nest_even_in_a_circle_and_one_is_empty(company: Directory) -> None:
    by_name = {group.name: group for group in company.groups}
    assert by_name["Sales"].scim_id in by_name["All Staff"].members
    assert by_name["Deal Desk"].scim_id in by_name["Revenue Operations"].members
    assert by_name["Revenue Operations"].scim_id in by_name["Deal Desk"].members
    assert by_name["Alumni Network"].members == []


def test_every_member_of_a_group_exists(company: Directory) -> None:
    for group in company.groups:
        for member in group.members:
            assert company.user(member) or company.group(member)


@pytest.mark.parametrize("people", [0, 1, 10])
def test_a_company_may_be_small(people: int) -> None:
    company = found_company(people, seed=3)
    assert len(company.people) == people
    assert (company.key_owner is None) == (people == 0)


def test_switching_an_account_off_takes_its_seat_and_on_gives_it_back(
    company: Directory,
) -> None:
    person = next(person for person in company.users() if person.active and person.is_owner)
    company.change(person, active=False)
    assert person not in company.owners()
    company.change(person, active=True)
    assert person in company.owners()


def test_a_removed_person_is_in_no_list_and_no_group() -> None:
    company = found_company(100, seed=5)
    person = next(person for person in company.users() if company.groups_of(person.scim_id))
    company.remove(person)
    assert person.scim_id not in company.ids("scim_users")
    assert str(person.crm_id) not in company.ids("owners")
    assert not any(person.scim_id in group.members for group in company.groups)


def test_what_is_present_throughout_and_sometime_is_told_apart() -> None:
    company = found_company(20, seed=5)
    before = set(company.ids("scim_users"))
    leaver = company.users()[3]
    company.remove(leaver)
    joiner = company.new_person(given_name="A", family_name="B", display_name="A B", user_name="a.b")
    company.add(joiner)
    assert company.present_throughout("scim_users") == before - {leaver.scim_id}
    assert company.present_sometime("scim_users") == before | {str(joiner.scim_id)}
