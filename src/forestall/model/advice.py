"""Advice: what a language model says about a text when it is asked with the written policy. It decides nothing."""

from dataclasses import dataclass

RECRUITING, SAFE, UNSURE = "recruiting", "safe", "unsure"
ANSWERS = (RECRUITING, SAFE, UNSURE)
"""What an adviser may answer."""
LONGEST_RATIONALE = 600
"""Most characters of a rationale that are kept."""


@dataclass(frozen=True, slots=True)
class Advice:
    """An answer with its reasons, and which model gave it; where there is none, `problem` says why in words."""

    answer: str = ""
    rationale: str = ""
    model: str = ""
    problem: str = ""
