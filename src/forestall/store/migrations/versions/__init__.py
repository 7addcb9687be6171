"""One migration per file, named for its number and what it brings. A released one is never changed."""
