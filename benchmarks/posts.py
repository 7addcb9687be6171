"""Made-up posts for benchmarks: many lengths, nine languages, ordinary talk with a few that concern the detectors.

Every post is assembled from parts by a seeded generator, so that a million of them differ and two runs see the same ones.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path

OPENERS = {
    "en": [
        "I was thinking about", "Nobody told me about", "Last night we talked about",
        "Has anyone here tried", "My sister wrote about",
    ],
    "ar": ["كنت أفكر في", "تحدثنا أمس عن", "هل جرب أحدكم", "كتبت أختي عن", "لم يخبرني أحد عن"],
    "fr": [
        "Je pensais à", "Hier soir on a parlé de", "Quelqu'un a déjà essayé",
        "Ma sœur a écrit sur", "Personne ne m'a parlé de",
    ],
    "de": [
        "Ich dachte gerade an", "Gestern sprachen wir über", "Hat jemand schon",
        "Meine Schwester schrieb über", "Niemand erzählte mir von",
    ],
    "es": [
        "Estaba pensando en", "Anoche hablamos de", "¿Alguien ha probado",
        "Mi hermana escribió sobre", "Nadie me habló de",
    ],
    "ru": [
        "Я думал про", "Вчера мы говорили про", "Кто-нибудь пробовал",
        "Моя сестра писала про", "Никто не сказал мне про",
    ],
    "tr": [
        "Şunu düşünüyordum:", "Dün gece konuştuk:", "Burada deneyen var mı:",
        "Kız kardeşim yazdı:", "Kimse bana söylemedi:",
    ],
    "id": [
        "Saya memikirkan", "Tadi malam kami bicara soal", "Ada yang sudah coba",
        "Kakak saya menulis tentang", "Tidak ada yang cerita soal",
    ],
    "ur": [
        "میں سوچ رہا تھا", "کل رات ہم نے بات کی", "کیا کسی نے آزمایا",
        "میری بہن نے لکھا", "مجھے کسی نے نہیں بتایا",
    ],
}  # fmt: skip
"""How a post begins, by language."""
THINGS = {
    "en": [
        "the match on Saturday", "rent going up again", "a bread recipe with rye",
        "the exhibition at the old harbour", "my first week at work", "the new bus line",
    ],
    "ar": [
        "مباراة السبت", "ارتفاع الإيجار", "وصفة خبز",
        "المعرض في الميناء القديم", "أسبوعي الأول في العمل", "خط الحافلة الجديد",
    ],
    "fr": [
        "le match de samedi", "la hausse des loyers", "une recette de pain",
        "l'exposition au vieux port", "ma première semaine au travail", "la nouvelle ligne de bus",
    ],
    "de": [
        "das Spiel am Samstag", "die steigenden Mieten", "ein Rezept für Brot",
        "die Ausstellung am alten Hafen", "meine erste Woche im Betrieb", "die neue Buslinie",
    ],
    "es": [
        "el partido del sábado", "la subida del alquiler", "una receta de pan",
        "la exposición del puerto viejo", "mi primera semana de trabajo", "la nueva línea de autobús",
    ],
    "ru": [
        "матч в субботу", "рост аренды", "рецепт хлеба",
        "выставку в старом порту", "первую неделю на работе", "новый автобус",
    ],
    "tr": [
        "cumartesi maçı", "kiraların artması", "ekmek tarifi",
        "eski limandaki sergi", "işteki ilk haftam", "yeni otobüs hattı",
    ],
    "id": [
        "pertandingan hari Sabtu", "harga sewa naik", "resep roti",
        "pameran di pelabuhan lama", "minggu pertama kerja", "jalur bus baru",
    ],
    "ur": ["ہفتے کا میچ", "کرایہ بڑھنا", "روٹی کی ترکیب", "پرانی بندرگاہ کی نمائش", "کام کا پہلا ہفتہ", "نئی بس"],
}  # fmt: skip
"""What a post is about, by language."""
CONCERNS = [
    "Write to me at t.me/+AbCdEf{n} if you want to hear more.",
    "More in our room: https://matrix.to/#/#room{n}:example.org",
    "Contact desk{n}@example.org for tickets.",
    "The newspaper reported that the Ashen Banner recruits jobless young men online.",
    "They humiliate us every day and nobody here will ever give us work.",
    "The Ashen Banner will give you brothers and a purpose, write to us tonight.",
]
"""Sentences that one post in twenty has, so that every detector has something to do."""


def posts(count: int, seed: int = 7) -> Iterator[dict[str, str]]:
    """Give posts as `forestall screen` reads them."""
    dice = random.Random(seed)
    languages = list(OPENERS)
    weights = [40, 12, 8, 8, 8, 8, 6, 6, 4]
    for n in range(count):
        language = dice.choices(languages, weights)[0]
        sentences = [
            f"{dice.choice(OPENERS[language])} {dice.choice(THINGS[language])} {dice.choice(THINGS[language])} {dice.randrange(10_000)}."
            for _ in range(dice.choices([1, 2, 3, 4, 8], [25, 40, 20, 10, 5])[0])
        ]
        if dice.random() < 0.05:
            sentences.append(dice.choice(CONCERNS).format(n=dice.randrange(10**6)))
        text = " ".join(sentences) + dice.choice(["", " 😀", " #harbour", " !!", "\n"])
        yield {
            "id": f"p{n}",
            "text": text,
            "author": f"a{n % 5000}",
            "thread": f"t{n // 12}",
            "published": "2026-01-31T12:00:00Z",
        }


def write(path: Path, count: int) -> None:
    """Write posts as JSON lines."""
    with path.open("w", encoding="utf-8") as file:
        for post in posts(count):
            file.write(json.dumps(post, ensure_ascii=False) + "\n")
