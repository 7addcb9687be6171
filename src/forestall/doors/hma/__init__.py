"""The way in for programs that speak to a Hasher-Matcher-Actioner (HMA): its addresses and answers, on our banks.

It is off unless the setting `hma` is on. `router` composes; `gate` lets in; `matching` and `curation` are the handlers;
`translate` puts our words into theirs and back.
"""

from forestall.doors.hma.router import routes

__all__ = ["routes"]
