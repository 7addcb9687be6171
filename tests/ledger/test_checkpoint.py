"""Signed checkpoints: the C2SP formats to the letter, and nothing accepted that is not them."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.ledger.checkpoint import Checkpoint, Signer, verify
from forestall.model.errors import BadInput, LedgerBroken

SIGNER = Signer("ledger.example/a", bytes(range(32)))
OTHER = Signer("witness.example", bytes(32))
KEY = SIGNER.verifier_key
NOTE = SIGNER.sign(20_852_163, b"r" * 32)
BODY, SIGNATURE = NOTE.split("\n\n")

PUBLISHED_SEED = "gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM="
PUBLISHED_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
"""Key and signed note published with the Go implementation of signed notes."""

SUM_DATABASE_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
"""The published key of the Go checksum database, a log of this kind."""


def test_the_form_is_the_specified_one() -> None:
    """A checkpoint is origin, size and root, an empty line, and a signature by the key of that name."""
    assert BODY.split("\n") == ["ledger.example/a", "20852163", base64.b64encode(b"r" * 32).decode()]
    dash, name, encoded = SIGNATURE.removesuffix("\n").split(" ")
    assert (dash, name) == ("\u2014", "ledger.example/a")
    assert base64.b64decode(encoded)[:4].hex() == KEY.split("+")[1]
    assert len(base64.b64decode(encoded)) == 4 + 64


def test_a_checkpoint_reads_back() -> None:
    """A signed checkpoint gives what was signed."""
    assert verify(NOTE, KEY) == Checkpoint("ledger.example/a", 20_852_163, b"r" * 32)
    assert verify(SIGNER.sign(0, bytes(32)), KEY).size == 0


def test_keys_are_those_of_other_implementations() -> None:
    """A seed gives the verifier key that another implementation published for it, and published keys are accepted."""
    assert Signer("PeterNeumann", base64.b64decode(PUBLISHED_SEED)).verifier_key == PUBLISHED_KEY
    with pytest.raises(LedgerBroken, match="not signed by sum"):
        verify(NOTE, SUM_DATABASE_KEY)


def test_a_published_signature_holds() -> None:
    """The signature of a published note is accepted, though the note is no checkpoint; with a changed word it is wrong."""
    with pytest.raises(LedgerBroken, match="not a checkpoint"):
        verify(PUBLISHED_NOTE, PUBLISHED_KEY)
    with pytest.raises(LedgerBroken, match="signature of PeterNeumann"):
        verify(PUBLISHED_NOTE.replace("problem is", "problem was"), PUBLISHED_KEY)


def test_a_witness_may_sign_too() -> None:
    """Signatures by keys we do not know are ignored, before and after ours."""
    witness = OTHER.sign(20_852_163, b"r" * 32).split("\n\n")[1]
    for note in (f"{BODY}\n\n{witness}{SIGNATURE}", f"{BODY}\n\n{SIGNATURE}{witness}"):
        assert verify(note, KEY) == verify(NOTE, KEY)


def test_a_second_wrong_signature_by_our_key_is_refused() -> None:
    """A note with a right and a wrong signature by the same key is refused."""
    wrong = SIGNER.sign(1, b"r" * 32).split("\n\n")[1]
    with pytest.raises(LedgerBroken, match="wrong"):
        verify(f"{BODY}\n\n{SIGNATURE}{wrong}", KEY)


def signed(body: str) -> str:
    """Give a body under our signature, whatever it says."""
    key_hash = bytes.fromhex(KEY.split("+")[1])
    raw = SIGNER._key.sign(body.encode())
    return f"{body}\n— {SIGNER.name} {base64.b64encode(key_hash + raw).decode()}\n"


ROOT = base64.b64encode(b"r" * 32).decode()


def test_extension_lines_are_accepted() -> None:
    """A checkpoint may have further lines, as the specification allows."""
    assert verify(signed(f"{SIGNER.name}\n5\n{ROOT}\nmore\n"), KEY).size == 5


@pytest.mark.parametrize(
    "body",
    [
        f"{SIGNER.name}\n05\n{ROOT}\n",
        f"{SIGNER.name}\n-5\n{ROOT}\n",
        f"{SIGNER.name}\n+5\n{ROOT}\n",
        f"{SIGNER.name}\n5 \n{ROOT}\n",
        f"{SIGNER.name}\n٥\n{ROOT}\n",
        f"{SIGNER.name}\n{'9' * 20}\n{ROOT}\n",
        f"{SIGNER.name}\n5\n{ROOT[:-1]}\n",
        f"{SIGNER.name}\n5\n{ROOT} \n",
        f"{SIGNER.name}\n5\n{base64.b64encode(b'r' * 31).decode()}\n",
        f"{SIGNER.name}\n5\n{ROOT[:-2]}1=\n",
        f"{SIGNER.name}\n5\n",
        f"other.example\n5\n{ROOT}\n",
    ],
)
def test_what_is_signed_must_be_a_checkpoint_of_this_log(body: str) -> None:
    """Even under a right signature, another origin, an odd number or a root of another size is refused."""
    with pytest.raises(LedgerBroken):
        verify(signed(body), KEY)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        BODY,
        f"{BODY}\n\n",
        f"\n\n{SIGNATURE}",
        f"{BODY}\n\n{SIGNATURE}".removesuffix("\n"),
        f"{BODY}\n{SIGNATURE}",
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("—", "-"),
        NOTE.replace("— ledger", "—  ledger"),
        NOTE + "\n",
        NOTE.replace("=", ""),
        NOTE + "\0",
        "\t" + NOTE,
        NOTE + "\ud800",
        f"{BODY}\n\n— {SIGNER.name} AAAA\n",
        f"{BODY}\n\n— {SIGNER.name} \n",
        f"{BODY}\n\n{SIGNATURE * 101}",
        "x" * 70_000 + NOTE,
    ],
    ids=range(20),
)
def test_what_is_no_signed_note_is_refused(note: str) -> None:
    """Text that is not a signed note to the letter is refused."""
    with pytest.raises(LedgerBroken):
        verify(note, KEY)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, len(NOTE) - 1), st.characters(exclude_characters="\ud800"))
def test_no_character_can_change(place: int, character: str) -> None:
    """A checkpoint with any one character replaced is refused."""
    changed = NOTE[:place] + character + NOTE[place + 1 :]
    if changed != NOTE:
        with pytest.raises(LedgerBroken):
            verify(changed, KEY)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "x",
        KEY[:-4],
        KEY.replace("+", "-"),
        "other" + KEY,
        KEY.replace("ledger", "legder"),
        f"a+00000000+{KEY.split('+', 2)[2]}",
        "é+é+é",
    ],
)
def test_a_broken_verifier_key_is_refused(key: str) -> None:
    """A verifier key that does not fit its own hash is refused as the caller's mistake, with the next step."""
    with pytest.raises(BadInput, match="verifier key") as caught:
        verify(NOTE, key)
    assert caught.value.next_step


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b", "\ud800", "x" * 256])
def test_a_name_must_fit_in_a_note(name: str) -> None:
    """A key's name with white space, a plus, or too long is refused."""
    with pytest.raises(BadInput):
        Signer(name, bytes(32))


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_seed_has_32_bytes(size: int) -> None:
    """A seed of any other size is refused."""
    with pytest.raises(BadInput, match=str(size)):
        Signer("a", bytes(size))


def test_a_signer_shows_no_secret() -> None:
    """A signer's representation is its public key."""
    assert repr(SIGNER) == f"Signer({KEY})"
