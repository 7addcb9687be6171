"""What a partner's service gives when it is asked for signals, and what we may tell it back."""

from dataclasses import dataclass

from forestall.model.bank import Entry, Stance
from forestall.model.content import Problem


@dataclass(frozen=True, slots=True)
class Batch:
    """Some entries of a feed, and where to go on once they are kept.

    Takes:
        checkpoint: what to ask for next time, in the protocol's own words; only to be kept after the entries are.
        done: nothing more is there now.
        whole: beginning of source names. Where it is not empty, everything that sources named so say about a signal of this
            batch stands in this batch: what one of them said earlier and does not say here, it has taken back.
        anew: everything that sources named so (`whole`) said earlier is taken back before these entries are added.
    """

    entries: tuple[Entry | Problem, ...]
    checkpoint: str
    done: bool = False
    whole: str = ""
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person of ours found about a partner's signal: told back where the operator wants that.

    `references` are the partner's own ids for what it said about the signal.
    """

    type: str
    value: str
    stance: Stance
    references: tuple[str, ...]
