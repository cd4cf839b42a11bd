from tests.marts.conftest import Marts
from tests.marts.reconciling import pairs, random_directories

CONFIDENCE = {"uuid": "high", "primary_email": "high", "any_email": "medium", "user_name": "low"}


def test_random_directories_are_matched_as_the_ladder_says(marts: Marts) -> None:
    methods, ties = set(), 0
    for account, owners, users in random_directories():
        found, tied = pairs(owners, users)
        rows = marts.rows("identities", account)
        assert {
            (row["crm_owner_id"], row["scim_user_id"]): row["match_method"]
            for row in rows
            if row["match_method"]
        } == found
        assert {row["crm_owner_id"] for row in rows} - {None} == {row["id"] for row in owners}
        assert {row["scim_user_id"] for row in rows} - {None} == {row["id"] for row in users}
        assert len(rows) == len(owners) + len(users) - len(found)
        flagged = {
            row[side]
            for row in rows
            if row["match_is_ambiguous"]
            for side in ("crm_owner_id", "scim_user_id")
        }
        assert flagged - {None} == tied
        assert {
            row["match_method"]: row["match_confidence"] for row in rows if row["match_method"]
        }.items() <= (CONFIDENCE.items())
        methods |= set(found.values())
        ties += len(tied)
    # The directories are of any use only if everything happens in them.
    assert methods == set(CONFIDENCE)
    assert ties > 50


def test_addresses_that_come_as_bare_strings_are_matched_too(marts: Marts) -> None:
    [row] = marts.rows("identities", "bare_emails")
    assert (row["crm_owner_id"], row["scim_user_id"], row["match_method"]) == (1, "bare", "any_email")


def test_a_person_keeps_the_key_while_either_id_lives(marts: Marts) -> None:
    first_as_owner = key_of(marts, 1, crm_owner_id=1)
    with_user, without_owner, address_changed = (
        key_of(marts, build, scim_user_id="first") for build in (2, 3, 4)
    )
    assert first_as_owner == with_user == without_owner == address_changed
    assert key_of(marts, 2, crm_owner_id=1) == first_as_owner


def test_an_address_that_changes_on_one_side_does_not_split_a_person(marts: Marts) -> None:
    rows = [
        next(row for row in marts.rows("identities", "keys", build) if row["scim_user_id"] == "lag")
        for build in (1, 2, 3)
    ]
    assert [row["crm_owner_id"] for row in rows] == [2, 2, 2]
    assert [row["match_method"] for row in rows] == ["primary_email", "earlier_match", "primary_email"]
    assert len({row["identity_key"] for row in rows}) == 1


def test_whoever_comes_back_under_a_new_scim_id_is_the_same_person(marts: Marts) -> None:
    key = key_of(marts, 1, crm_owner_id=3)
    rows = [row for row in marts.rows("identities", "keys") if row["identity_key"] == key]
    assert [(row["crm_owner_id"], row["scim_user_id"], row["status"]) for row in rows] == [
        (3, "again2", "active")
    ]
    assert not [row for row in marts.rows("identities", "keys") if row["scim_user_id"] == "again"]
    events = [
        row["event_type"] for row in marts.rows("identity_changes", "keys") if row["identity_key"] == key
    ]
    assert sorted(events) == ["joined", "removed"]


def test_when_an_address_goes_to_another_the_scim_user_keeps_the_key(marts: Marts) -> None:
    key = key_of(marts, 1, scim_user_id="parted")
    assert key == key_of(marts, 1, crm_owner_id=4)
    for build in (2, 3, 4, 5):
        assert key_of(marts, build, scim_user_id="parted") == key
        heir = key_of(marts, build, scim_user_id="heir")
        assert heir == key_of(marts, build, crm_owner_id=4) != key


def test_two_people_who_turn_out_to_be_one_keep_one_of_their_keys(marts: Marts) -> None:
    before = {key_of(marts, 1, crm_owner_id=5), key_of(marts, 1, scim_user_id="meet")}
    assert len(before) == 2
    after = {key_of(marts, build, scim_user_id="meet") for build in (2, 3, 4, 5)}
    assert len(after) == 1
    assert after < before
    assert key_of(marts, 5, crm_owner_id=5) in after


def key_of(marts: Marts, build: int, **id_: object) -> str:
    [(column, value)] = id_.items()
    [key] = [row["identity_key"] for row in marts.rows("identities", "keys", build) if row[column] == value]
    return str(key)
