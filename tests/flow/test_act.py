"""Outgoing messages reach the platform at least once, or are visibly set aside."""

from forestall.flow.act import MAX_ATTEMPTS, carry_out
from forestall.model.content import Content
from forestall.model.records import Delivery, DeliveryState
from tests.support import SmallHouse


class Receiver:
    """A platform that answers as told and remembers what it got."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.got: list[str] = []

    def deliver(self, delivery: Delivery) -> str:
        """Take a message, or say why not."""
        self.got.append(delivery.id)
        return self.answers.pop(0) if self.answers else ""

    def close(self) -> None:
        """Nothing to close."""


def test_a_message_is_sent_once_and_written_down() -> None:
    """A message that is taken is done and is not sent again."""
    house, platform = SmallHouse(webhook=True), Receiver()
    house.screen(Content("1", "!known-exact"))
    assert carry_out(house.store, platform, house.clock()) == 1
    assert carry_out(house.store, platform, house.clock()) == 0
    assert len(platform.got) == 1
    assert house.tags()[-1] == "action:delivered"


def test_a_failed_message_comes_again_later_under_the_same_id() -> None:
    """After a failure the same message is due again after a wait, not before."""
    house, platform = SmallHouse(webhook=True), Receiver("answered 500")
    house.screen(Content("1", "!known-exact"))
    carry_out(house.store, platform, house.clock())
    assert carry_out(house.store, platform, house.clock()) == 0
    house.clock.seconds += 31
    assert carry_out(house.store, platform, house.clock()) == 1
    assert len(platform.got) == 2
    assert len(set(platform.got)) == 1


def test_a_message_nobody_takes_is_set_aside_visibly() -> None:
    """After the last try the message is dead, with its last error kept and a ledger line."""
    house, platform = SmallHouse(webhook=True), Receiver(*["answered 500"] * MAX_ATTEMPTS)
    house.screen(Content("1", "!known-exact"))
    for _ in range(MAX_ATTEMPTS):
        carry_out(house.store, platform, house.clock())
        house.clock.seconds += 7 * 3600
    (name,) = set(platform.got)
    dead = house.store.delivery(name)
    assert dead is not None
    assert (dead.state, dead.attempts, dead.last_error) == (DeliveryState.DEAD, MAX_ATTEMPTS, "answered 500")
    assert house.tags()[-1] == "action:given-up"
