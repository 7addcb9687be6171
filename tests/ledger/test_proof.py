"""Proofs: self-contained, checkable by anyone with the key, and worth nothing once touched."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.ledger.proof import prove, verify_proof
from forestall.model.errors import LedgerBroken, NotFound
from tests.ledger.logs import KEY, SIGNER, line, lines, signed

LOG = lines(37)
NOTE = signed(LOG, 37)[0]
PROOF = prove(LOG, 12, NOTE, KEY)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(1, 37), st.data())
def test_every_line_can_be_proven(size: int, data: st.DataObject) -> None:
    """For any line under any checkpoint there is a proof that survives being written as JSON and says what the line says."""
    seq = data.draw(st.integers(0, size - 1))
    document = json.loads(json.dumps(prove(iter(LOG), seq, signed(LOG, size)[0], KEY)))
    proven = verify_proof(document, KEY)
    assert (proven.seq, proven.event.subject, proven.checkpoint.size) == (seq, f"c{seq}", size)


OTHER = prove(LOG, 13, NOTE, KEY)
SMALLER = prove(LOG, 12, signed(LOG, 20)[0], KEY)

DAMAGED: list[dict[str, Any]] = [
    {},
    {key: value for key, value in PROOF.items() if key != "path"},
    {**PROOF, "more": 1},
    {**PROOF, "format": "forestall-ledger-proof/2"},
    {**PROOF, "seq": 13},
    {**PROOF, "seq": -1},
    {**PROOF, "seq": "12"},
    {**PROOF, "size": 36},
    {**PROOF, "size": 38},
    {**PROOF, "entry": OTHER["entry"]},
    {**PROOF, "entry": PROOF["entry"] + " "},
    {**PROOF, "entry": PROOF["entry"].replace("c12", "c99")},
    {**PROOF, "entry": "\ud800"},
    {**PROOF, "entry": "{" * 2_000_000},
    {**PROOF, "path": PROOF["path"][:-1]},
    {**PROOF, "path": [*PROOF["path"], PROOF["path"][0]]},
    {**PROOF, "path": OTHER["path"]},
    {**PROOF, "path": ["*", *PROOF["path"][1:]]},
    {**PROOF, "path": [base64.b64encode(b"x").decode(), *PROOF["path"][1:]]},
    {**PROOF, "path": PROOF["path"] * 30},
    {**PROOF, "checkpoint": SMALLER["checkpoint"]},
    {**PROOF, "checkpoint": SIGNER.sign(37, bytes(32))},
    {**PROOF, "checkpoint": PROOF["checkpoint"].replace("ledger", "legder")},
]


@pytest.mark.parametrize("document", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_proof_proves_nothing(document: dict[str, Any]) -> None:
    """A proof with any part missing, changed or taken from another proof is refused, with the next step."""
    with pytest.raises(LedgerBroken):
        verify_proof(document, KEY)


@pytest.mark.parametrize("document", [None, [], "x", 5], ids=repr)
def test_what_is_no_document_proves_nothing(document: Any) -> None:
    """A value that is no mapping is refused like any other that is no proof."""
    with pytest.raises(LedgerBroken, match="not a ledger proof"):
        verify_proof(document, KEY)


@pytest.mark.parametrize("seq", [-1, 37])
def test_a_line_beyond_the_checkpoint_has_no_proof(seq: int) -> None:
    """A line that the checkpoint does not cover is not found."""
    with pytest.raises(NotFound, match="does not cover"):
        prove(LOG, seq, NOTE, KEY)


def test_no_proof_is_made_of_a_tampered_log() -> None:
    """Where the lines are not those that were signed no proof is given."""
    with pytest.raises(LedgerBroken, match="signed root"):
        prove([*LOG[:5], line(5, "evil"), *LOG[6:]], 12, NOTE, KEY)
    with pytest.raises(LedgerBroken, match="ends before"):
        prove(LOG[:30], 12, NOTE, KEY)
    with pytest.raises(LedgerBroken, match="missing"):
        prove([row for row in lines(38) if row.seq != 12], 12, NOTE, KEY)
