"""The command line. Each command parses what was given, calls a verb, and shows the answer; nothing is decided here."""
