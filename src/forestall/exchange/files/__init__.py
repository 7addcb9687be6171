"""Signal lists as files: recognised by content, read as they come."""

from forestall.exchange.files.formats import SignalFileFormats

__all__ = ["SignalFileFormats"]
