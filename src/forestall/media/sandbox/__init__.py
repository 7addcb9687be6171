"""Taking away from a worker process everything it does not need to turn bytes into brightness and text.

Layers, each of which may be missing on some kernel; the worker goes on without it and says so (`forestall doctor`):
`limits` (memory, processor time, no files, no new processes) · `privileges` (no new ones, none of root's, no debugging) ·
`network` (an empty network namespace) · `landlock` (no file system, no TCP) · `seccomp` (only the calls that computing needs).
"""
