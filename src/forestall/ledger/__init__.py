"""What we promise to remember: canonical entries in a Merkle tree whose root is signed. Pure; no I/O.

`entry` writes an event as bytes, `tree` is the RFC 9162 Merkle tree over them, `checkpoint` signs its root (C2SP signed
note), `proof` is a self-contained proof that one entry is in the log, `verify` finds and names what was tampered with.
"""
