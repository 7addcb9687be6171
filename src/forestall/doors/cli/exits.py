"""Exit statuses, the same for every command; scripts may rely on them."""

OK = 0
"""Done; nothing needs a person."""
ERROR = 1
"""It could not be done; standard error says what, why and what next."""
USAGE = 2
"""What was given cannot be used: an option, a path, a setting, a policy, a bank or a list."""
PERSON = 10
"""Done, and something needs a person: an item to review, a decision that replays differently, a broken ledger, a failed check."""
INTERRUPTED = 130
"""Stopped by Ctrl-C; what had been recorded until then stays recorded."""
PIPE_CLOSED = 141
"""The reader of our output went away (as in `| head`)."""
