"""Platforms: the exports people bring us content in, read without trusting them, and the messages we send back."""

from forestall.exchange.platform.exports import PlatformExports

__all__ = ["PlatformExports"]
