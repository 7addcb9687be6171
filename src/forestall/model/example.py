"""Examples: texts of which somebody said whether they recruit, as a model learns from them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Example:
    """A text and what it is. Examples of one `group` (an author, a thread, a template) are never split between learning and measuring.

    `family` says what sort of text it is, `language` in which it is: both are for reports, neither is ever learnt. `ordinary` marks
    what people wrote without recruiting in mind, rather than text made or flagged because it comes near to it. `masked` are offsets of
    what must not be learnt, such as the name of an organisation. `weight` is how much it counts.
    """

    text: str = field(repr=False)
    recruits: bool
    group: str
    family: str = ""
    language: str = "und"
    ordinary: bool = False
    masked: tuple[tuple[int, int], ...] = ()
    weight: float = 1.0
