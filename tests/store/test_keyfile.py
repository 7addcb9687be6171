"""The ledger's key on disk: made once, private, and never half."""

import os
import stat
import threading
from pathlib import Path

import pytest

from forestall.model.errors import BadSetting
from forestall.store.keyfile import ledger_signer
from tests.store.samples import run


def test_the_key_stays_the_same(tmp_path: Path) -> None:
    """The key made on first use is the one used ever after, and its name tells two installations apart."""
    first = ledger_signer(tmp_path / "a").verifier_key
    assert ledger_signer(tmp_path / "a").verifier_key == first
    assert ledger_signer(tmp_path / "b").verifier_key.split("+")[0] != first.split("+")[0]


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    """The key file and its folders, the data folder among them, are open to their owner only."""
    before = os.umask(0)
    try:
        ledger_signer(tmp_path / "data")
    finally:
        os.umask(before)
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data", *(tmp_path / "data").rglob("*"))
    }
    assert modes == {"data": 0o700, "keys": 0o700, "ledger.key": 0o600}


def test_many_that_start_at_once_use_one_key(tmp_path: Path) -> None:
    """Processes and threads that start at once on an empty folder all get the same key."""
    keys: list[str] = []
    run([threading.Thread(target=lambda: keys.append(ledger_signer(tmp_path).verifier_key)) for _ in range(16)])
    assert len(keys) == 16
    assert len(set(keys)) == 1


@pytest.mark.parametrize("text", [b"", b"name", b"name !!!", b"name AAAA", b"\xff\xfe", b"na+me " + b"A" * 43 + b"="])
def test_a_damaged_key_is_refused(tmp_path: Path, text: bytes) -> None:
    """A key file that holds no key is refused with its name and the next step, and left as it is."""
    path = tmp_path / "keys" / "ledger.key"
    path.parent.mkdir()
    path.write_bytes(text)
    with pytest.raises(BadSetting, match=r"ledger\.key") as caught:
        ledger_signer(tmp_path)
    assert "backup" in caught.value.next_step
    assert path.read_bytes() == text


def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    """Where the key cannot be written the refusal names the file and the next step."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BadSetting, match=r"ledger\.key"):
        ledger_signer(tmp_path / "file")
