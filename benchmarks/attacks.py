"""Ways in which copies of a picture come back, and pictures that look alike and are not copies: for `robustness.py`.

Every attack takes an RGB picture and gives a file. Where it says a share, that share of the width and of the height is meant. Random
places follow from the seed, so that two runs attack alike.
"""

import io
import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

Attack = Callable[[Image.Image, random.Random], bytes]


def saved(picture: Image.Image, form: str = "JPEG", **options: object) -> bytes:
    """Give a picture as a file; JPEG of quality 85 unless said."""
    out = io.BytesIO()
    picture.save(out, form, **({"quality": 85, **options} if form == "JPEG" else options))
    return out.getvalue()


def jpeg(quality: int) -> Attack:
    """Save as JPEG of a quality."""
    return lambda picture, _: saved(picture, quality=quality)


def scaled(factor: float) -> Attack:
    """Resize by a factor."""

    def attack(picture: Image.Image, _: random.Random) -> bytes:
        return saved(picture.resize((max(8, round(picture.width * factor)), max(8, round(picture.height * factor)))))

    return attack


def stretched(factor: float) -> Attack:
    """Change the width alone."""
    return lambda picture, _: saved(picture.resize((round(picture.width * factor), picture.height)))


def bright(factor: float) -> Attack:
    """Multiply brightness."""
    return lambda picture, _: saved(ImageEnhance.Brightness(picture).enhance(factor))


def blurred(share: float) -> Attack:
    """Blur with a radius that is a share of the shorter side."""
    return lambda picture, _: saved(picture.filter(ImageFilter.GaussianBlur(share * min(picture.size))))


def logo(share: float) -> Attack:
    """Put a sign on it, a disc with a star of lines, whose box has that share of both sides, near a corner."""

    def attack(picture: Image.Image, rng: random.Random) -> bytes:
        copy = picture.copy()
        draw = ImageDraw.Draw(copy)
        width, height = round(share * copy.width), round(share * copy.height)
        x = rng.choice([copy.width // 50, copy.width - width - copy.width // 50])
        y = rng.choice([copy.height // 50, copy.height - height - copy.height // 50])
        draw.ellipse(
            (x, y, x + width, y + height), fill=(250, 250, 245), outline=(20, 60, 20), width=max(1, width // 12)
        )
        for step in range(4):
            across, down = width * (step + 1) // 5, height * (step + 1) // 5
            draw.line(
                (x + across, y + height // 5, x + width - across, y + height - down),
                fill=(20, 60, 20),
                width=max(1, width // 25),
            )
        return saved(copy)

    return attack


def banner(share: float) -> Attack:
    """Cover that share of the height at the top or bottom with a bar with words on it."""

    def attack(picture: Image.Image, rng: random.Random) -> bytes:
        copy = picture.copy()
        height = round(share * copy.height)
        top = rng.choice([0, copy.height - height])
        draw = ImageDraw.Draw(copy)
        draw.rectangle((0, top, copy.width, top + height), fill=(180, 20, 20))
        draw.text(
            (copy.width // 20, top + height // 5),
            "see more of this on our channel",
            (255, 255, 255),
            font=_font(height * 0.5),
        )
        return saved(copy)

    return attack


def rotated(degrees: float) -> Attack:
    """Turn by a few degrees, the corners filled with black, the size kept."""
    return lambda picture, rng: saved(picture.rotate(rng.choice([-1, 1]) * degrees, Image.Resampling.BICUBIC))


def cropped(share: float) -> Attack:
    """Cut that share off the width and off the height, divided between the two ends by chance."""

    def attack(picture: Image.Image, rng: random.Random) -> bytes:
        width, height = round(picture.width * (1 - share)), round(picture.height * (1 - share))
        x, y = rng.randint(0, picture.width - width), rng.randint(0, picture.height - height)
        return saved(picture.crop((x, y, x + width, y + height)))

    return attack


def letterboxed(picture: Image.Image, _: random.Random) -> bytes:
    """Put black bars above and below, a fifth of the height each."""
    page = Image.new("RGB", (picture.width, round(picture.height * 1.4)))
    page.paste(picture, (0, round(picture.height * 0.2)))
    return saved(page)


def pillarboxed(picture: Image.Image, _: random.Random) -> bytes:
    """Put black bars left and right, as for a wide screen."""
    page = Image.new("RGB", (round(picture.width * 1.6), picture.height))
    page.paste(picture, (round(picture.width * 0.3), 0))
    return saved(page)


def framed(picture: Image.Image, rng: random.Random) -> bytes:
    """Put an even frame of one colour around it, an eighth of the shorter side wide."""
    wide = min(picture.size) // 8
    page = Image.new(
        "RGB", (picture.width + 2 * wide, picture.height + 2 * wide), tuple(rng.randrange(256) for _ in range(3))
    )
    page.paste(picture, (wide, wide))
    return saved(page)


def screenshot(picture: Image.Image, rng: random.Random) -> bytes:
    """Set it into a drawn page of an app: bars, a name, lines of text above and below, 720 pixels wide."""
    inner = picture.resize((680, round(680 * picture.height / picture.width)))
    dark = rng.random() < 0.5
    page = Image.new("RGB", (720, inner.height + 420), (18, 18, 20) if dark else (250, 250, 250))
    ink = (230, 230, 230) if dark else (25, 25, 25)
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, 720, 60), fill=(40, 80, 150))
    draw.text((20, 14), "11:42      Harbour", (255, 255, 255), font=_font(26))
    draw.ellipse((20, 80, 80, 140), fill=(150, 120, 90))
    draw.text((100, 92), "somebody  two hours ago", ink, font=_font(26))
    draw.text((20, 150), "you should really have a look at this one", ink, font=_font(28))
    page.paste(inner, (20, 205))
    for line in range(3):
        draw.text(
            (20, 230 + inner.height + 50 * line), "a reply that says something or other here", ink, font=_font(26)
        )
    return saved(page, "PNG")


def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Give the font that comes with Pillow at a size."""
    return ImageFont.load_default(max(6, size))


def turned(how: Image.Transpose) -> Attack:
    """Turn by quarters, or mirror."""
    return lambda picture, _: saved(picture.transpose(how))


def chained(*steps: Attack) -> Attack:
    """Do one after the other."""

    def attack(picture: Image.Image, rng: random.Random) -> bytes:
        data = b""
        for step in steps:
            data = step(picture, rng)
            picture = Image.open(io.BytesIO(data)).convert("RGB")
        return data

    return attack


ATTACKS: dict[str, Attack] = {
    **{f"JPEG quality {quality}": jpeg(quality) for quality in (10, 20, 30, 50, 70, 90)},
    **{f"scaled to {round(100 * factor)} %": scaled(factor) for factor in (0.25, 0.5, 1.5)},
    "width alone to 80 %": stretched(0.8),
    "grey": lambda picture, _: saved(picture.convert("L")),
    "darker (60 %)": bright(0.6),
    "brighter (140 %)": bright(1.4),
    "more contrast (150 %)": lambda picture, _: saved(ImageEnhance.Contrast(picture).enhance(1.5)),
    "blur 1 %": blurred(0.01),
    "blur 2 %": blurred(0.02),
    "GIF": lambda picture, _: saved(picture, "GIF"),
    "palette PNG, 64 colours": lambda picture, _: saved(picture.quantize(64), "PNG"),
    "CMYK JPEG": lambda picture, _: saved(picture.convert("CMYK")),
    "AVIF": lambda picture, _: saved(picture, "AVIF", quality=50),
    "WebP": lambda picture, _: saved(picture, "WEBP", quality=50),
    "mirrored": turned(Image.Transpose.FLIP_LEFT_RIGHT),
    "rotated by 90°": turned(Image.Transpose.ROTATE_90),
    "rotated by 180°": turned(Image.Transpose.ROTATE_180),
    "letterbox": letterboxed,
    "pillarbox": pillarboxed,
    "frame": framed,
    "mirrored, then frame": chained(turned(Image.Transpose.FLIP_LEFT_RIGHT), framed),
    "screenshot": screenshot,
    **{f"logo {round(100 * share)} %": logo(share) for share in (0.15, 0.3)},
    **{f"banner {round(100 * share)} %": banner(share) for share in (0.1, 0.2)},
    **{f"rotated by {degrees}°": rotated(degrees) for degrees in (2, 5, 10)},
    **{f"crop {round(100 * share)} %": cropped(share) for share in (0.05, 0.1, 0.2, 0.4)},
    "crop 10 %, then mirrored": chained(cropped(0.1), turned(Image.Transpose.FLIP_LEFT_RIGHT)),
    "crop 10 %, then JPEG 30 at half size": chained(cropped(0.1), scaled(0.5), jpeg(30)),
}
"""Attack by name."""

_LAYOUTS = ("dark notice", "light notice", "quote", "event", "meme")
_WORDS = tuple(
    word
    for line in (
        "river garden winter market morning train harbour window letter music bread mountain",
        "school bicycle library evening festival kitchen painting football summer village history coffee",
        "travel science theatre island family meeting",
    )
    for word in line.split()
)


def templates(of_each: int, seed: int = 5) -> list[tuple[str, Image.Image]]:
    """Give posters: of each of five layouts `of_each`, alike but for their words."""
    rng = random.Random(seed)
    return [(f"{layout} {number}", _poster(layout, rng)) for layout in _LAYOUTS for number in range(of_each)]


def _poster(layout: str, rng: random.Random) -> Image.Image:
    """Draw one poster of a layout with words of its own."""
    words = [rng.choice(_WORDS) for _ in range(40)]
    dark = layout in {"dark notice", "meme"}
    page = Image.new("RGB", (800, 1000) if layout != "quote" else (900, 700), (24, 26, 40) if dark else (244, 240, 228))
    draw = ImageDraw.Draw(page)
    ink = (240, 238, 230) if dark else (30, 30, 36)
    width, height = page.size
    if layout == "meme":
        scene = random.Random(77)  # the same in all of them
        for _ in range(150):
            x, y, wide = scene.randrange(width), scene.randrange(height), scene.randrange(20, 220)
            draw.ellipse(
                (x - wide, y - wide // 2, x + wide, y + wide // 2), fill=tuple(scene.randrange(256) for _ in range(3))
            )
    elif layout == "event":
        draw.rectangle((0, 0, width, 280), fill=(200, 90, 40))
        draw.polygon(((0, 280), (width, 280), (width // 2, 360)), fill=(120, 50, 30))
    else:
        draw.rectangle((40, 40, width - 40, height - 40), outline=ink, width=6)
    if layout != "meme":
        draw.text((80, 70), " ".join(words[:2]).upper(), ink, font=_font(64))
    for line in range(2 if layout == "meme" else 8):
        text = " ".join(words[2 + 4 * line : 6 + 4 * line])
        top = height - 120 + 50 * line if layout == "meme" else 400 + (height - 480) * line / 8
        draw.text((80, top), text, ink, font=_font(38))
    return page
