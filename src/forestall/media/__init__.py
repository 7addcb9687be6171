"""How we open files: in a box.

Outside the box (the calling process): `box` (the pool of workers), `process` (one worker), `problems` (what could not be read).
Inside the box (the worker process): `worker` (its loop), `opening` (which reader for which file), one file per kind of thing
read (`image`, `codes`, `document`, `page`, `mail`, `office`, `zips`, `tars`), and `tray`, which keeps the limits.
Between them: `wire` (the messages) and `limits`. `sandbox/` takes away from the worker what it does not need.

A file is never opened in the calling process: decoders written in C are where hostile files do their work.
"""

from forestall.media.box import Box, capabilities

__all__ = ["Box", "capabilities"]
