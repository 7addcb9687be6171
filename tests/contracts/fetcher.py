"""What every way to fetch a file keeps: inherit `FetcherContract`, give the fetcher, a file it fetches and addresses it must not."""

from typing import ClassVar

import pytest

from forestall.model.errors import BadInput, Refused
from forestall.model.ports import Fetcher

SECRET = "hush-9d1"

NO_ADDRESSES = [
    "",
    " ",
    "poster.png",
    "/etc/passwd",
    "file:///etc/passwd",
    "ftp://{host}/x",
    "gopher://{host}/x",
    "data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "//{host}/x",
    "http://",
    "http:///x",
    "http://[::1/x",
    "http://{host}:port/x",
    "http://{host}\0/x",
    "http://{host}/" + "x" * 100_000,
    "http://user@{host}/x",
    "http://user:{secret}@{host}/x",
    "http://user:{secret}@elsewhere.example\\@{host}/x",
    "http://\udcff/x",
]
"""What is no address of a file; `{host}` is one that may be asked."""


class FetcherContract:
    """The laws of fetching. `host` may be asked, `elsewhere` are addresses whose hosts may not."""

    host: ClassVar[str]
    elsewhere: ClassVar[tuple[str, ...]]

    @pytest.fixture
    def fetcher(self) -> Fetcher:
        """Give what is tested."""
        raise NotImplementedError

    @pytest.mark.parametrize("written", NO_ADDRESSES, ids=range(len(NO_ADDRESSES)))
    def test_what_is_no_address_is_refused(self, fetcher: Fetcher, written: str) -> None:
        """What cannot be the address of a file is refused in words that do not repeat it."""
        with pytest.raises(BadInput) as refused:
            fetcher.fetch(written.replace("{host}", self.host).replace("{secret}", SECRET))
        assert refused.value.next_step
        assert SECRET not in str(refused.value)

    def test_no_other_host_is_asked(self, fetcher: Fetcher) -> None:
        """A host that nobody allowed is not asked, and the refusal says what to do and holds nothing else of the address."""
        for address in self.elsewhere:
            with pytest.raises(Refused) as refused:
                fetcher.fetch(f"{address}?token={SECRET}")
            assert "fetch_" in refused.value.next_step, address
            assert SECRET not in str(refused.value)
