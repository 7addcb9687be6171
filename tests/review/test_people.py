"""Accounts open with an invitation, once; sessions end; nothing secret is kept in the clear."""

import pytest

from forestall.model.errors import BadInput, Conflict, Refused
from forestall.review import keys, people
from tests.support import SmallHouse

PASSWORD = "a long sentence to keep"


def joined(house: SmallHouse, name: str = "Ada") -> str:
    """Make an account and give its session token."""
    token = people.invite(house.store, "admin", 1, house.clock, house.new_id)
    people.accept(house.store, token, name, PASSWORD, clock=house.clock, new_id=house.new_id)
    return people.sign_in(house.store, name, PASSWORD, hours=1, clock=house.clock)


def test_an_invitation_makes_one_account() -> None:
    """The link works once; used, unknown and expired ones are refused."""
    house = SmallHouse()
    token = people.invite(house.store, "admin", 1, house.clock, house.new_id)
    people.accept(house.store, token, "ada", PASSWORD, clock=house.clock, new_id=house.new_id)
    with pytest.raises(Refused):
        people.accept(house.store, token, "eve", PASSWORD, clock=house.clock, new_id=house.new_id)
    with pytest.raises(Refused):
        people.invited(house.store, "unknown", house.clock)
    late = people.invite(house.store, "admin", 1, house.clock, house.new_id)
    house.clock.seconds += 3_601
    with pytest.raises(Refused):
        people.invited(house.store, late, house.clock)


@pytest.mark.parametrize(
    ("name", "password"), [("a b", PASSWORD), ("", PASSWORD), ("x" * 65, PASSWORD), ("ada", "short")]
)
def test_bad_names_and_passwords_are_refused_without_using_the_link_up(name: str, password: str) -> None:
    """A mistake in the form leaves the invitation open."""
    house = SmallHouse()
    token = people.invite(house.store, "moderator", 1, house.clock, house.new_id)
    with pytest.raises(BadInput):
        people.accept(house.store, token, name, password, clock=house.clock, new_id=house.new_id)
    people.invited(house.store, token, house.clock)


def test_names_are_taken_whatever_their_case() -> None:
    """Two people cannot share a name."""
    house = SmallHouse()
    joined(house, "Ada")
    token = people.invite(house.store, "moderator", 1, house.clock, house.new_id)
    with pytest.raises(Conflict):
        people.accept(house.store, token, "ADA", PASSWORD, clock=house.clock, new_id=house.new_id)


def test_sessions_begin_and_end() -> None:
    """A token gives its person until sign-out or expiry."""
    house = SmallHouse()
    token = joined(house)
    person = people.session(house.store, token, house.clock)
    assert person is not None
    assert person.name == "Ada"
    people.sign_out(house.store, token, house.clock)
    assert people.session(house.store, token, house.clock) is None
    again = people.sign_in(house.store, "ada", PASSWORD, hours=1, clock=house.clock)
    house.clock.seconds += 3_601
    assert people.session(house.store, again, house.clock) is None


def test_wrong_name_and_wrong_password_sound_the_same() -> None:
    """Nobody learns from a refusal which names exist; both are ledger lines."""
    house = SmallHouse()
    joined(house)
    words = []
    for name, password in (("ada", "not the password"), ("nobody", PASSWORD)):
        with pytest.raises(Refused) as refused:
            people.sign_in(house.store, name, password, hours=1, clock=house.clock)
        words.append(str(refused.value))
    assert words[0] == words[1]
    assert house.tags()[-2:] == ["person:refused", "person:refused"]


def test_no_secret_reaches_the_ledger_or_the_store_in_the_clear() -> None:
    """Passwords, tokens and key secrets appear in no ledger line."""
    house = SmallHouse()
    token = joined(house)
    _, secret = keys.create(house.store, "forum", ["screen"], house.clock, house.new_id)
    everything = b"".join(row.entry for row in house.store.ledger_rows())
    for value in (PASSWORD, token, secret, "Ada"):
        assert value.encode() not in everything


def test_keys_open_what_they_may_until_revoked() -> None:
    """A key is found by its secret only, carries its scopes, and stops at once when revoked."""
    house = SmallHouse()
    key, secret = keys.create(house.store, "forum", ["screen", "screen"], house.clock, house.new_id)
    assert key.scopes == ("screen",)
    assert keys.check(house.store, secret) == key
    assert keys.check(house.store, secret + "x") is None
    assert keys.check(house.store, "") is None
    keys.revoke(house.store, key.id, house.clock)
    assert keys.check(house.store, secret) is None
    with pytest.raises(BadInput):
        keys.create(house.store, "forum", ["everything"], house.clock, house.new_id)
