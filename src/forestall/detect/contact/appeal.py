"""Does a text call somebody to a place? Words of inviting, and words of secrecy, in the languages we meet most.

The words say how a text speaks, nothing about who speaks: they are the ones a shop or a football club uses too. What
makes an invitation worth a look is a closed place, and secrecy or disguise on top.
"""

import re
from functools import cache
from typing import Any

import re2

from forestall.text.fold import fold

_INVITING = """
# English
join* | subscribe | write me | write to me | write us | message me | message us | msg me | dm me | dm us | dm for
pm me | inbox me | text me | contact*
reach me | reach us | reach out | add me | follow the link | follow this link | scan* | click* | tap the link
come to | find me | find us | find you
talk to me | get in touch | enter here | speak to | link in bio | hit me up | ask for the link | meet us | meet me
come over | move to | switch to
# Arabic
انضم* | للانضمام | الانضمام | راسلني | راسلنا | راسلوني | راسلونا | للمراسله | تواصل* | للتواصل | التواصل | اشترك*
للاشتراك | اضغط* | امسح* | تعال | تعالوا | ادخل*
اكتب لي | اكتب لنا | التحق* | للالتحاق | تابعنا | تابعونا | حياكم | كلمني | ابعث لي | ارسل لي | مسح الرمز
# Persian, Urdu
بپيوند* | عضو شو* | پيام بده* | تماس بگير* | شامل هو* | رابطه كر* | جوائن كر*
# French
rejoin* | rejoign* | ecris-moi | ecris moi | ecrivez* | ecris-nous | contacte* | contactez* | ajoute-moi | ajoute moi
ajoutez* | abonne* | suis le lien
suivez le lien | clique* | scanne* | viens en | venez* | en mp | viens parler | parle-moi | parle moi | passe par
# German
tritt bei | tretet bei | tritt der | tritt unser* | beitreten | komm in | kommt in | schreib mir | schreibt mir
schreib uns | schreibt uns | melde dich
meldet euch | kontaktier* | abonnier* | folge dem link | folgt dem link | klick* | scann* | mach mit | macht mit
fug mich | addet mich | add mich
# Turkish
katil* | yaz bana | bana yaz* | bize yaz* | mesaj at* | mesaj yaz* | ekle beni | beni ekle* | takip et* | abone ol*
bize ulas* | bana ulas* | linke tikla* | tikla* | karekodu*
okut* | iletisime gec* | gel buraya | buraya gel*
# Indonesian, Malay
gabung* | bergabung* | hubungi* | kirim pesan | chat saya | chat kami | ikuti tautan | ikuti link | klik* | pindai*
masuk grup | masuk ke | japri | silakan* | sertai*
# Spanish, Portuguese
unete* | uniros | unanse | unirte | escribeme | escribenos | escribanme | escriban* | contacta* | contactame
agregame | sigue el enlace | siga el enlace
suscribe* | escanea* | entra en | entren* | haz clic | mandame* | junte-se | entre no | me chama | escreva*
# Russian
вступай* | присоединяй* | пиши* | напиши* | подпиши* | подписывай* | добавляй* | добавь* | переходи* | перейди*
сканируй* | отсканируй* | свяжи* | заходи* | зайди* | жми*
# Hausa, Somali, Swahili
shiga* | ku shigo | tuntube* | ku biir* | la soo xiriir* | jiunge* | wasiliana*
"""
_HUSHED = """
# English
secret* | privately | private chat | private group | private channel | private room | trusted* | brothers only
sisters only | do not share
don't share | dont share | do not forward | don't forward | dont forward | delete this | delete after | burner*
secure channel | secure chat
secure line | safe channel | safer place | no phones | not safe here | not here | can't say | cant say
cannot say | can't talk | cant talk
off this app | off this site | leave this platform | not public | tell no one | tell nobody | vetted
before it is deleted | before they delete
# Arabic
سري | سريه | سريا | سرا | السري | السريه | خاصه جدا | امنه | موثوق* | الموثوق* | للثقات | الثقات | لا تنشر* | لا تشارك* | احذف*
لا تخبر* | بعيدا عن
# Persian, Urdu
محرمانه | خفيه | مخفيانه
# French, German, Turkish
secret* | confidentiel* | ne partage* | supprime* | de confiance | pas ici | geheim*
vertraulich* | nicht weitergeben | nicht teilen
losch* | vertrauenswurdig* | nicht hier | gizli* | guvenilir* | paylasma* | silin
# Indonesian, Spanish, Russian
rahasia* | jangan sebar* | jangan bagikan* | terpercaya | secreto* | confidencial* | no compart*
borra* | de confianza | aqui no
тайн* | секретн* | не распространя* | не пересыла* | удали* | проверенн* | в личк* | только для своих
"""

_AROUND = 220
"""Folded characters on each side of a point in which its words may stand: two or three sentences."""


def inviting(text: str) -> str:
    """Give the first inviting words in a folded text, or an empty string."""
    return _first(_pattern(_INVITING), text)


def secretive(text: str) -> str:
    """Give the first words of secrecy in a folded text, or an empty string."""
    return _first(_pattern(_HUSHED), text)


def around(text: str, start: int, end: int) -> str:
    """Give the folded text around a point without the point itself, which may hold such words by chance."""
    return f"{text[max(0, start - _AROUND) : start]} {text[end : end + _AROUND]}"


def _first(pattern: Any, text: str) -> str:
    """Give what the pattern's first match says."""
    found = pattern.search(text)
    return str(found.group(1)) if found else ""


@cache
def _pattern(listed: str) -> Any:
    """Compile a word list: a word begins at a boundary (Arabic conjunctions may stick to it); `*` stands for any ending."""
    lines = [line for line in listed.splitlines() if not line.startswith("#")]
    words = sorted({word.strip() for line in lines for word in line.split("|") if word.strip()})
    begun = "|".join(_folded(word) for word in words if word.endswith("*"))
    whole = "|".join(_folded(word) for word in words if not word.endswith("*"))
    options = re2.Options()
    options.log_errors = False
    return re2.compile(rf"(?:^|[^\pL\pN])(?:[وف])?((?:{begun})\pL*|(?:{whole})(?:$|[^\pL\pN]))", options)


def _folded(word: str) -> str:
    """Give a word as it stands in folded texts, ready for a pattern."""
    return re.escape(fold(word.removesuffix("*")).text)
