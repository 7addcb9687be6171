"""The console: where people look and decide, in a browser. It only renders; rules for people live in `review`.

`router` composes; `context` gives handlers what they need; `entrance` and `desk` are the handlers; `listing`, `casepage` and
`cards` put stored values into words; `marks` cuts hostile text into safe runs; `words` speaks the languages.
"""

from forestall.doors.console.router import routes

__all__ = ["routes"]
