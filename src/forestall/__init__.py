"""Forestall: what an online service runs so that terrorist recruiters cannot use it."""

__version__ = "0.1.0"
