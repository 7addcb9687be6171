"""Look-alike characters: letters of other scripts drawn like a Latin letter. Written by hand, from the shapes.

`STRONG` letters look the same in most typefaces; Unicode's confusables agree (a test compares them). `WEAK` letters are
used for effect (`JOIИ`) and count only inside a word that also has Latin letters. `LATIN` letters belong to the Latin
script but have no decomposition in Unicode, so they always fold; so do the drawn letters in `DRAWN`.

Each table is written as pairs: the character, then the Latin letters it stands for.
"""


def _pairs(written: str) -> dict[str, str]:
    """Read `øo ææae` style pairs: first character → the rest."""
    return {pair[0]: pair[1:] for pair in written.split()}


STRONG = _pairs(
    # Cyrillic, small then capital: capitals have their own shapes (`Н` looks like H, `н` does not)
    "аa сc еe оo рp хx уy ѕs іi јj үy һh ԁd ԛq ԝw ӏi ѵv АA ВB СC ЕE НH ІI ЈJ КK МM ОO РP ЅS ТT ХX ҮY ԌG ԜW "
    # Greek
    "οo νv ρp ϲc ϳj ιi υu αa ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX ϹC ϺM ͿJ "
    # Armenian, Cherokee
    "օo ոn սu ցg հh ՕO ՍU ᎠD ᎡR ᎢT ᎪA ᎫJ ᎬE ᎳW ᎷM ᎻH ᏀG ᏃZ ᏚS ᏙV ᏞL ᏟC ᏢP ᏦK ᎥI ᎩY ᎽY ᏒR ᏕS ᏔW ᏏB ᏴB "
    # Coptic, Lisu, Canadian syllabics
    "ⲥc ⲟo ⲣp ⲔK ⲎH ⲒI ⲘM ⲚN ⲞO ⲢP ⲤC ⲦT ⲬX ⲨY ⲂB ⲀA ⲈE "
    "ꓮA ꓐB ꓚC ꓓD ꓰE ꓝF ꓖG ꓧH ꓲI ꓙJ ꓗK ꓡL ꓟM ꓠN ꓳO ꓑP ꓣR ꓢS ꓔT ꓴU ꓦV ꓪW ꓫX ꓬY ꓜZ "
    "ᗅA ᗷB ᑕC ᗞD ᗪD ᖴF ᕼH ᒍJ ᒪL ᗰM ᑭP ᖇR ᔕS ᑌU ᐯV ᗯW ᙭X ᑎN"
)
WEAK = _pairs(
    "вb кk мm нh тt пn иn яr гr цu шw щw бb эe єe ьb ъb ґr ђh ћh ПN ИN ЯR ГR ЦU ШW ЩW БB ЭE ЄE ЬB ЪB "
    "βb γy εe ηn κk τt χx ωw σo ςs πn μu θo δd λl ΛA ΣE ΩO ΔA ΠN ΘO աw քp կq ղn յj ՏS"
)
LATIN = _pairs(
    "øo łl đd ħh ıi ŧt ɑa ɡg ǝe əe ɛe ɔo ɩi ɪi ʀr ʟl ɴn ʙb ɢg ʜh ʏy ɓb ɗd ɖd ƙk ŋn ƒf ƴy ȷj ɨi ʉu ɉj ƅb ƶz ʐz ʂs ɫl ɭl "
    "ɱm ɲn ʋv ᴀa ᴄc ᴅd ᴇe ᴊj ᴋk ᴍm ᴏo ᴘp ᴛt ᴜu ᴠv ᴡw ᴢz ꜰf ꜱs ǫq ǀl æae œoe þth ðd"
)
DRAWN = {chr(base + n): chr(ord("a") + n) for base in (0x1F150, 0x1F170) for n in range(26)}
"""Letters in filled circles and squares, which Unicode does not decompose → the Latin small letter."""
SQUARED = _pairs("🆎ab 🆑cl 🆒cool 🆓free 🆔id 🆕new 🆖ng 🆗ok 🆘sos 🆙up! 🆚vs")
"""Words in squares, likewise."""
