"""Languages: which one a text is in, from its script and, where that leaves a choice, py3langid's model.

The model is a naive Bayes classifier over byte n-grams (py3langid, BSD); its arrays are packed into bytes and walked by a
kernel of ours, some ten times as fast as its own loop. Arabic and Urdu in Latin letters are told by common words.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forestall.text.fold import code_points, fold
from forestall.text.invisible import ABBREVIATIONS
from forestall.text.language_model import Model, load
from forestall.text.script import SCRIPTS, script_table

UNCLEAR = "und"
"""What is given where a text has too few words to tell."""


def _pairs(written: str) -> dict[str, str]:
    """Read `name:code` pairs."""
    return {name: code for name, _, code in (pair.partition(":") for pair in written.split())}


def _words(written: str) -> frozenset[str]:
    """Read words separated by white space."""
    return frozenset(written.split())


_SAMPLE = 400
"""Characters of a text that are looked at."""
_BEGINNING = 96
"""Characters that are looked at first; the rest only where they leave doubt. Most of a post's time here is in the model's tables."""
_DOUBTLESS = 0.97
"""Normalised probability from which the beginning decides; on real posts the rest then changes one name in a thousand."""
_FEWEST_LETTERS = 6
"""With fewer letters than this, a script that many languages share tells nothing."""
_SURE = 0.12
"""Least normalised probability at which the model is believed."""
_CERTAIN = 0.8
_TOLD_APART = _words("en fr de es it pt nl tr")
"""Languages the model seldom takes romanised Arabic or Urdu for, from that probability on."""
_PRIOR = 3.0
"""How much likelier the declared language counts, in the model's units (natural logarithms)."""
_COMMON = ("ar arz en fr de tr ru ur fa id so ha sw es bn hi pt it uk", 5.0)
"""Languages that are common on the services we know, and how much likelier they count: short posts need a prior."""

_ONE_LANGUAGE = _pairs(
    "greek:el hebrew:he bengali:bn kana:ja hangul:ko thai:th armenian:hy georgian:ka ethiopic:am tamil:ta telugu:te kannada:kn "
    "malayalam:ml odia:or gujarati:gu gurmukhi:pa sinhala:si burmese:my khmer:km lao:lo tibetan:dz han:zh"
)
"""Scripts that stand for one language here."""
_CHOICES = {
    "arabic": "ar ary arz fa ur ps ug sdh ku",
    "cyrillic": "ru uk be bg mk sr kk ky mn tg tt ba",
    "devanagari": "hi mr ne sa",
    "latin": (
        "af az br bs ca cs cy da de en eo es et eu fi fr ga gl ha hr ht hu id ig is it jv lt lv mg ms nl no nn om pl pt ro "
        "rw sk sl sn so sq sr st sv sw tl tr uz vi xh yo zu ku pcm ln lg mt crh"
    ),
}
"""Scripts that leave a choice, and the model's languages among which it is made."""
_WRITTEN_AS = _pairs("ary:ar arz:ar sdh:ku nn:no pcm:en crh:tr ms:id")
"""Languages of the model that we report as another: too near to tell apart in a short post."""

_ROMANISED = {
    "ar-Latn": _words(
        "ana enta enti inta inti howa heya ehna e7na ento homma mafi mafeesh mesh mish mosh msh wallah wallahi walla habibi "
        "7abibi habibti 3ala 3la 3ashan 3shan 3an fe el7amdulillah 7amdulillah ya3ni y3ni shlonak shlon shu sho kifak keefak "
        "ezayak izayak aywa akhi a5i 5alas khalas inshallah nshallah yalla yallah bas ktir kteer awi 2awi gedan b7bk ba7ebak "
        "7ayati 3omri 3ndi 3andi 3endi la2 leh lesh laish wein feen fein meen mnee7 mni7 sabah elkheir el5er dlw2ty delwa2ty "
        "hala2 halla2 shwaya shway kda keda kol kolo wahad wa7ed 7aga 7adan bidi biddi badde barsha bezzaf bzaf wach chnou "
        "3al mn bel 3la dyal dyalek ma3 m3a 3a kel lel 3an wa7ad elly elli lli ta3 ta3a fel koul 3am 3and 3end 3anna nta kermel "
        "lyoum elyom lyom 9bel abl 2abl 2abel chi wallah hna bgha ma3na ma3ana m3ana kifach khoya khouya akhi ba3d ba3den b3d bli "
        "kayn ta3al ta3alo badna ghir gher leila 7atta 7ta wiyya awwal shabab shabeb chabab hayda hena hatha 3layna a7ad 7ad shay "
        "bokra eza naharda ne7na menhom lazem lezem mar7ba 3ayzin 3ayez ga3 3lik 3leik 3leki 3nd mmak jouj 3alam 3ando wled ehne "
        "howe hiyye hiya 3layk ya5i wesh rani rah ntouma 7na ana2 mafi ma3 bas3 lissa lessa etha idha kalam sho8l so2al el al"
    ),
    "ur-Latn": _words(
        "hai hain tha thi thay nahi nahin nai kya kia kyun kyu mein mera meri mere tera teri tere aap yeh woh ka ki kay se say "
        "sy aur bhi bhe raha rahi rahe karo karna karta karte karti kro krna kr gaya gayi gaye hua hue hoga hogi hota hoti acha "
        "achha accha bohat bahut bhot abhi kuch kuchh koi apna apni apne wala wali wale walay bhai yaar phir phr agar lekin "
        "magar kaise kese kaisa kab kahan yahan wahan unka uska iska inka mujhe mjhy tujhe tumhe humein hame baat din chahiye "
        "chahye diya dia liya lia dena jata jati jate aata ata aati kiya kyunke kyunki khuda sath saath logo logon nhi ni hy "
        "hy hn ha rha rhi rhe krte krta ap jo ko ke ho hu hun tum hum ab bas sab main unko usko isko inko ise use aise aisi kar "
        "sakta sakti sakte jaye jaise jese pe par dil zyada bilkul haan ji mat tak baad liye hamare hamara hamari jis aik ek naya "
        "nayi purana purane nikal usay jao aao yad khud khilaf taraf yehi wohi kab kabhi jab tab akela akele tera tumhara tumhare "
        "tumhari agay aage keh paas pas thi magar jate jati hoti deta deti dega degi denge lenge lene milta mile milegi raho rahna "
        "rakho rakhna rakh batao bataya samne zindagi doosre dusre saamne neechay upar andar bahir chup yad apni aapka apka unki uski "
        "iski humari humara karein kijiye phly pehle phele aj aaj kal subah raat saal mahine haftay ghar kaam dost larke larkay bachay"
    ),
}
"""Common words of languages that are often written in Latin letters, as people spell them."""
_ROMANISED_SHARE = 0.16
"""Least share of a text's words that must be among the common ones; some exist elsewhere too."""
_ROMANISED_WORDS = 3
"""Fewest different ones among them; two where the text is so short that it has no more words."""

_HIDING = re.compile(f"[{''.join(map(chr, (*ABBREVIATIONS, 0x0640, *range(0x064B, 0x0653))))}]")
"""Characters that only hide, stretch or decorate: controls without a look of their own, the Arabic tatweel and vowel marks."""
_NOT_WORDS = re.compile(r"https?://\S{1,200}|www\.\S{1,200}|[@#]\w{1,60}|\S{1,60}@\S{1,60}")
_DECLARED = re.compile(r"[A-Za-z]{2,3}(?![A-Za-z])")
_LONGEST_WORD = 30
_LATIN, _CYRILLIC, _GREEK, _HAN, _KANA = (SCRIPTS.index(name) for name in ("latin", "cyrillic", "greek", "han", "kana"))


def identify(text: str, declared: str = "") -> str:
    """Name the language of a text: ISO 639 (`ar-Latn`, `ur-Latn` and `hi-Latn` for romanised ones), `und` where it is unclear.

    `declared` is what the platform says, as a language tag. It decides where there are no words to go by, and tips the
    balance where two languages are near; it never overrules a clear text.
    """
    prior = _prior(declared) if declared else ""
    sample = text[:_SAMPLE]
    if "@" in sample or "#" in sample or "//" in sample or "www." in sample:
        sample = _NOT_WORDS.sub(" ", sample)
    if sample.isascii():
        main = "latin"
        count = _ascii_letters(sample)
    else:
        sample, main, count = _surveyed(sample)
    if not count:
        return prior or UNCLEAR
    if main in _ONE_LANGUAGE:
        return _ONE_LANGUAGE[main]
    if main not in _CHOICES or count < _FEWEST_LETTERS:
        return prior or UNCLEAR
    found, likely = "", 0.0
    if len(sample) > _BEGINNING:
        found, likely = _model().choose(sample[:_BEGINNING], main, prior, _PRIOR)
    if likely < _DOUBTLESS:
        found, likely = _model().choose(sample, main, prior, _PRIOR)
    if main == "latin":
        romanised = _romanised(sample, certain=likely >= _CERTAIN and found in _TOLD_APART)
        if romanised:
            return "hi-Latn" if prior == "hi" and romanised == "ur-Latn" else romanised
    return found if likely >= _SURE else prior or UNCLEAR


def _ascii_letters(text: str) -> int:
    """Count the letters of a text in ASCII."""
    count: int = _kernels().ascii_letters(np.frombuffer(text.encode("ascii"), np.uint8))
    return count


def _surveyed(text: str) -> tuple[str, str, int]:
    """Give a text without what hides its letters from the model, the script that most of them are of, and how many those are.

    Full-width and drawn letters, hidden characters and look-alikes hide them. Japanese is written in two scripts; it is `kana`.
    """
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    if _HIDING.search(text):
        text = _HIDING.sub("", text)
    main, counts = most_letters(code_points(text))
    if counts[_LATIN] and (counts[_CYRILLIC] or counts[_GREEK]):
        text = fold(text).text
        main, counts = most_letters(code_points(text))
    if main == "han" and counts[_KANA] * 10 > counts[_HAN]:
        main = "kana"
    return text, main, int(counts[SCRIPTS.index(main)])


def _prior(declared: str) -> str:
    """Give the primary language of a declared tag in lower case, or nothing where it is no language tag."""
    found = _DECLARED.match(declared)
    return found[0].lower() if found and found[0].lower() != UNCLEAR else ""


def _romanised(text: str, *, certain: bool) -> str:
    """Name the language of a text in Latin letters that are not its own, or nothing; `certain` asks for twice as many of its words."""
    known, counts = _common_words(), np.empty(1 + 2 * len(_ROMANISED), np.int64)
    raw = np.frombuffer(text.lower().encode("utf-8", "replace"), np.uint8)
    _kernels().count_words(raw, _LONGEST_WORD, known.table, known.groups, np.empty(len(raw), np.int32), counts)
    words, *found = counts.tolist()
    least = _ROMANISED_SHARE * (2 if certain else 1) * words
    for language, those, different in zip(_ROMANISED, found[::2], found[1::2], strict=True):
        if different >= max(2, min(_ROMANISED_WORDS, words)) and those >= least:
            return language
    return ""


def most_letters(codes: NDArray[np.int32]) -> tuple[str, Sequence[int]]:
    """Give the script that most letters of a text are of (`none` without letters), and how many there are of each of `SCRIPTS`."""
    counts = np.empty(len(SCRIPTS), np.int64)
    main = _kernels().most_letters(codes, script_table(), counts)
    return SCRIPTS[main], counts.tolist()


@cache
def _model() -> Model:
    """Load the model when a text first needs it."""
    common = dict.fromkeys(_COMMON[0].split(), _COMMON[1])
    return load({name: choices.split() for name, choices in _CHOICES.items()}, common, _WRITTEN_AS)


class _Words(NamedTuple):
    """The common words of romanised languages as a hash table: the hashes of the words, and in bits the languages of each."""

    table: NDArray[np.uint64]
    groups: NDArray[np.uint8]


@cache
def _common_words() -> _Words:
    """Give the table."""
    groups: dict[str, int] = {}
    for bit, words in enumerate(_ROMANISED.values()):
        for word in words:
            groups[word] = groups.get(word, 0) | 1 << bit
    size = 1 << (2 * len(groups)).bit_length()
    known = _Words(np.zeros(size, np.uint64), np.zeros(size, np.uint8))
    for word, bits in groups.items():
        mixed = _kernels().word_hash(np.frombuffer(word.encode("ascii"), np.uint8))
        row = (mixed >> 32) & (size - 1)
        while known.table[row]:
            row = (row + 1) & (size - 1)
        known.table[row], known.groups[row] = mixed, bits
    return known


@cache
def _kernels() -> ModuleType:
    """The compiled loops, loaded when the first text is named."""
    from forestall.text import language_kernels  # noqa: PLC0415 - loading numba is dear

    return language_kernels
