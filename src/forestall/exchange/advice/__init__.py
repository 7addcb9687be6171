"""Advice from a language model behind an address that answers like OpenAI's API (chat completions), on this machine or the operator's."""

from forestall.exchange.advice.client import ModelAdviser, from_settings

__all__ = ["ModelAdviser", "from_settings"]
