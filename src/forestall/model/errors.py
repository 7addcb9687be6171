"""Every error Forestall raises on purpose, in one tree.

ForestallError            names the thing, what happened, and the next step
├── BadInput              what the caller gave cannot be used (file, request, setting)
│   ├── BadSetting        a setting or option has a value that cannot be used
│   ├── BadPolicy         a ruleset does not hold together (file, line, column)
│   ├── BadBank           a bank file cannot be read
│   └── BadList           a list of listed names cannot be read
├── NotFound              no such thing under that id
├── Refused               the caller may not do this
├── Conflict              the thing changed since the caller looked
├── StoreFailed           the store could not keep or give something
├── LedgerBroken          the ledger does not prove what it should
├── ExchangeFailed        a partner's service did not answer as it should
└── BoxFailed             the media box could not be started at all
"""


class ForestallError(Exception):
    """An error a person can act on.

    Takes:
        what: the thing and what happened to it, one clause without a full stop.
        next_step: what the reader can do now; empty when nothing can be done.
    """

    def __init__(self, what: str, next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.what}: {self.next_step}" if self.next_step else self.what


class BadInput(ForestallError):
    """What the caller gave cannot be used."""


class BadSetting(BadInput):
    """A setting or option has a value that cannot be used."""


class BadPolicy(BadInput):
    """A ruleset does not hold together; the message carries file, line and column."""


class BadBank(BadInput):
    """A bank file cannot be read."""


class BadList(BadInput):
    """A list of listed names cannot be read."""


class NotFound(ForestallError):
    """There is no such thing under that id."""


class Refused(ForestallError):
    """The caller may not do this."""


class Conflict(ForestallError):
    """The thing changed since the caller looked; look again and repeat."""


class StoreFailed(ForestallError):
    """The store could not keep or give something."""


class LedgerBroken(ForestallError):
    """The ledger does not prove what it should; the message names the entry."""


class BoxFailed(ForestallError):
    """The media box could not be started at all."""


class ExchangeFailed(ForestallError):
    """A partner's service did not answer as it should. Never repeats a token or what the partner wrote.

    `wait` is the seconds after which to ask again: what the partner asked for, or `None` where nobody said. `lasting` tells
    that asking again is no use until a person changes something.
    """

    def __init__(self, what: str, next_step: str = "", *, wait: int | None = None, lasting: bool = False) -> None:
        super().__init__(what, next_step)
        self.wait = wait
        self.lasting = lasting
