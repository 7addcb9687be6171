"""Whoever keeps an old checkpoint can be shown that today's ledger continues it; a ledger that was rewritten cannot show it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.ledger.extension import prove_extension, verify_extension
from forestall.model.errors import BadInput, LedgerBroken
from tests.ledger.logs import KEY, line, lines, signed

LOG = lines(37)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(1, 37), st.data())
def test_every_earlier_log_is_continued(new: int, data: st.DataObject) -> None:
    """Between any two checkpoints of one log there is a proof that survives being written as JSON."""
    old = data.draw(st.integers(1, new))
    earlier, later = signed(LOG, old, new)
    document = json.loads(json.dumps(prove_extension(iter(LOG), earlier, later, KEY)))
    first, second = verify_extension(document, KEY)
    assert (first.size, second.size) == (old, new)


@pytest.mark.parametrize("changed", [0, 9, 19])
def test_a_rewritten_log_cannot_show_it(changed: int) -> None:
    """After a line before the earlier checkpoint was changed, no proof is made, and the honest path proves nothing."""
    rewritten = [*LOG]
    rewritten[changed] = line(changed, "somebody else")
    (earlier,), (later,) = signed(LOG, 20), signed(rewritten, 37)
    with pytest.raises(LedgerBroken, match="does not continue"):
        prove_extension(rewritten, earlier, later, KEY)
    honest = prove_extension(LOG, earlier, signed(LOG, 37)[0], KEY)
    with pytest.raises(LedgerBroken):
        verify_extension({**honest, "later": later}, KEY)


def test_a_touched_proof_proves_nothing() -> None:
    """Changed, shortened or malformed proofs are refused in words."""
    earlier, later = signed(LOG, 20, 37)
    document = prove_extension(LOG, earlier, later, KEY)
    for damage in ({"path": document["path"][1:]}, {"path": ["!"]}, {"format": "x"}, {"earlier": "x"}, {"more": 1}):
        with pytest.raises(LedgerBroken):
            verify_extension({**document, **damage}, KEY)


def test_the_order_of_checkpoints_matters() -> None:
    """A checkpoint newer than the ledger is said to be that."""
    earlier, later = signed(LOG, 37, 20)
    with pytest.raises(BadInput, match="covers 37"):
        prove_extension(LOG, earlier, later, KEY)
