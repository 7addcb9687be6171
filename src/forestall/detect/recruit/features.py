"""Features: what was found in a stretch, as named numbers for the model. They are the same for all tongues.

Names read as what they are: `sign join`, `pair join + armed`, `context news`, `join in news`. Values lie between 0 and 1. A
stretch in which nothing was found has no features. Neither the language of a text, nor its length or its punctuation, is one.
"""

from collections.abc import Mapping
from itertools import combinations

from forestall.detect.recruit.lexicon import Meanings
from forestall.detect.recruit.stretch import Stretch

ASK, CORE, INVITE, FULL = "ask", "core", "invite", "full"
QUOTED, CITED, EXCUSED = "quoted", "cited", "excused"
_MANY = 4
"""Signs or contexts from which more of them say no more."""

_GLOSSES = {
    ASK: "something is asked of the reader",
    CORE: "violence, a cause or obedience is spoken of",
    f"{ASK} + {CORE}": "what is asked of the reader is to do with violence, a cause or obedience",
    f"{ASK}s": "several things are asked of the reader",
    f"{CORE}s": "violence, a cause and obedience come together",
    INVITE: "a way to get in touch is given",
    f"{INVITE} + {CORE}": "a way to get in touch, beside violence, a cause or obedience",
    FULL: "a whole phrase says so, and not single words",
    QUOTED: "part of it stands in quotation marks",
    CITED: "the words of recruiting stand in quotation marks",
    EXCUSED: "the text reports, warns, refuses, prays, plays or mourns",
}
_TAKE_AWAY = (QUOTED, CITED, EXCUSED)
GRIEVING = frozenset({"sign grievance"})
"""Features that never weigh: hurt alone is no recruiting."""


def evidence(stretch: Stretch, meanings: Meanings) -> dict[str, float]:
    """Give the features of a stretch that are not zero."""
    found: dict[str, float] = {}
    if stretch.signs:
        degrees = {sign: max([hit.cue.degree for hit in hits]) for sign, hits in stretch.signs.items()}
        found |= _of_signs(degrees, meanings)
    ask, core = found.get(ASK, 0.0), found.get(CORE, 0.0)
    for name, certain in stretch.certain.items():
        found[f"context {name}"] = certain
        if ask:
            found[f"{ASK} in {name}"] = min(ask, certain)
        if core:
            found[f"{CORE} in {name}"] = min(core, certain)
    if stretch.certain:
        found[EXCUSED] = max(stretch.certain.values())
    if stretch.quoted:
        found[QUOTED] = stretch.quoted
    if stretch.cited:
        found[CITED] = stretch.cited
    return found


def takes_away(name: str) -> bool:
    """True for a feature that may only ever lower the score: a context, or words in quotation marks."""
    return name.startswith("context ") or " in " in name or name in _TAKE_AWAY


def gloss(name: str, meanings: Meanings) -> str:
    """Give what a feature means, in words for a reader."""
    kind, _, rest = name.partition(" ")
    if kind == "sign":
        return meanings.signs[rest].gloss
    if kind == "pair":
        one, _, other = rest.partition(" + ")
        return f"{meanings.signs[one].gloss}; {meanings.signs[other].gloss}"
    if kind == "context":
        return f"context: {rest}"
    if " in " in name:
        what, _, context = name.partition(" in ")
        return f"{_GLOSSES[what]}, in a context of {context}"
    return _GLOSSES[name]


def _of_signs(degrees: Mapping[str, float], meanings: Meanings) -> dict[str, float]:
    """Give the features that signs make, alone, by two and together."""
    found = {f"sign {sign}": degree for sign, degree in degrees.items()}
    for one, other in combinations(sorted(degrees), 2):
        found[f"pair {one} + {other}"] = min(degrees[one], degrees[other])
    asks = [degree for sign, degree in degrees.items() if meanings.signs[sign].ask]
    cores = [degree for sign, degree in degrees.items() if meanings.signs[sign].core]
    if asks:
        found[ASK], found[f"{ASK}s"] = max(asks), min(len(asks), _MANY) / _MANY
    if cores:
        found[CORE], found[f"{CORE}s"] = max(cores), min(len(cores), _MANY) / _MANY
    if asks and cores:
        found[f"{ASK} + {CORE}"] = min(found[ASK], found[CORE])
    get = degrees.get
    invite = min(max(get("reach", 0.0), get("join", 0.0)), max(get("channel", 0.0), get("covert", 0.0)))
    if invite:
        found[INVITE] = invite
        if cores:
            found[f"{INVITE} + {CORE}"] = min(invite, found[CORE])
    if any(degree == 1 and not meanings.signs[sign].slight for sign, degree in degrees.items()):
        found[FULL] = 1.0
    return found
