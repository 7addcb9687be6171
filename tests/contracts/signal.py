"""What every signal type must do. Inherit `SignalContract`, give `kind`, and the laws below are tested."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.detect.match.signals import TYPES, SignalType
from forestall.model.errors import BadInput
from forestall.model.reading import Reading


class SignalContract:
    """The laws of a signal type."""

    kind: SignalType

    def test_is_listed(self) -> None:
        """Bank files can name the type."""
        assert TYPES[self.kind.name] is self.kind

    def test_examples_are_values(self) -> None:
        """Every type shows at least two different valid values of its size."""
        values = {self.kind.normalise(example) for example in self.kind.examples()}
        assert len(values) >= 2
        assert all(len(value) == self.kind.size for value in values)

    def test_case_and_white_space_do_not_matter(self) -> None:
        """A value pasted in capitals or with white space around it is the same value."""
        for example in self.kind.examples():
            value = self.kind.normalise(example)
            assert self.kind.normalise(example.upper()) == value
            assert self.kind.normalise(f" \t{example}\r\n") == value

    def test_normalising_again_changes_nothing(self) -> None:
        """A normalised value, written down and read again, is itself."""
        for example in self.kind.examples():
            value = self.kind.normalise(example)
            assert self.kind.normalise(value.hex()) == value

    @pytest.mark.parametrize(
        "change", ["", "0", "no-value", "-1", "０"], ids=["none", "digit", "words", "sign", "full-width"]
    )
    def test_junk_is_refused(self, change: str) -> None:
        """What is no value is refused with the next step, never guessed at."""
        with pytest.raises(BadInput) as refused:
            self.kind.normalise(change)
        assert refused.value.next_step

    def test_nearly_values_are_refused(self) -> None:
        """A value with one character too few, too many, wrong, or blank inside is refused."""
        for example in self.kind.examples():
            for broken in (
                example[:-1],
                example + "0",
                "g" + example[1:],
                example[:3] + " " + example[4:],
                "٣" + example[1:],
            ):
                with pytest.raises(BadInput):
                    self.kind.normalise(broken)

    def test_distance_is_a_distance(self) -> None:
        """A value is at distance 0 from itself, and two values are as far apart either way round."""

        @settings(derandomize=True, max_examples=50, deadline=None)
        @given(st.binary(min_size=self.kind.size, max_size=self.kind.size), st.data())
        def holds(first: bytes, data: st.DataObject) -> None:
            second = data.draw(st.one_of(st.just(first), st.binary(min_size=self.kind.size, max_size=self.kind.size)))
            assert self.kind.compare(first, first) == 0
            assert self.kind.compare(first, second) == self.kind.compare(second, first) >= 0
            assert (self.kind.compare(first, second) == 0) == (first == second)

        holds()

    def test_examples_are_far_apart(self) -> None:
        """The examples are not copies of each other."""
        first, second = (self.kind.normalise(example) for example in self.kind.examples()[:2])
        assert self.kind.compare(first, second) > self.kind.radius

    def test_an_empty_reading_holds_none(self) -> None:
        """A text without files asks the banks nothing."""
        assert list(self.kind.queries(Reading("1"))) == []
