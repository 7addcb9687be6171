"""Draws Harbour's media and its bank, once: `python examples/harbour/draw.py`. Everything is made here, nothing is photographed.

The "known" pictures are abstract posters of fictional organisations. The bank holds the hashes of two originals; the posts
carry copies that came back in other forms.
"""

import csv
import hashlib
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from forestall.detect.match.signals.pdq import hash_plane
from forestall.model.reading import Plane

HERE = Path(__file__).parent
MEDIA = HERE / "media"
SIZE = (480, 360)


def scene(seed: int, sky: tuple[int, int, int], ground: tuple[int, int, int]) -> Image.Image:
    """Draw a landscape of soft shapes: a sky that fades, hills, and some things standing in it."""
    dice = random.Random(seed)
    width, height = SIZE
    rows = np.linspace(0, 1, height)[:, None, None]
    picture = np.asarray(sky)[None, None, :] * (1 - 0.5 * rows) + np.asarray(ground)[None, None, :] * 0.5 * rows
    image = Image.fromarray(np.broadcast_to(picture, (height, width, 3)).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(4):
        base = dice.randint(height // 3, height - 40)
        points = [(x, base + dice.randint(-60, 60)) for x in range(-40, width + 80, 80)]
        shade = tuple(max(0, channel - dice.randint(0, 90)) for channel in ground)
        draw.polygon([(-40, height), *points, (width + 80, height)], fill=shade)
    for _ in range(dice.randint(5, 9)):
        x, y, r = dice.randint(0, width), dice.randint(0, height), dice.randint(12, 60)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(dice.randint(20, 235) for _ in range(3)))
    return image.filter(ImageFilter.GaussianBlur(1.2))


def poster(seed: int, title: str, colours: tuple[str, str]) -> Image.Image:
    """Draw a schematic poster: blocks, a device and the name of a fictional organisation."""
    dice = random.Random(seed)
    image = scene(seed, (200, 190, 170), (90, 60, 50))
    draw = ImageDraw.Draw(image)
    for step in range(7):
        left, top = dice.randint(0, 380), dice.randint(0, 260)
        draw.rectangle((left, top, left + dice.randint(40, 140), top + dice.randint(20, 100)), fill=colours[step % 2])
    draw.polygon([(240, 40), (330, 220), (150, 220)], outline="white", width=9)
    draw.text((90, 290), title, fill="white", font=ImageFont.load_default(40))
    return image


def code(text: str, size: int = 180) -> Image.Image:
    """Draw a QR code."""
    pixels = np.array(
        zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode), scale=4)
    )
    return Image.fromarray(pixels).convert("RGB").resize((size, size), Image.Resampling.NEAREST)


def with_code(image: Image.Image, text: str) -> Image.Image:
    """Give a picture with a QR code in its corner."""
    out = image.copy()
    out.paste(code(text), (SIZE[0] - 195, SIZE[1] - 195))
    return out


def note(lines: list[str]) -> bytes:
    """Write a one-page PDF with a line of text each, by hand, so that it is the same every time."""
    shown = " ".join(f"({line}) Tj 0 -18 Td" for line in lines)
    stream = f"BT /F1 12 Tf 50 750 Td {shown} ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
            b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    return out + b"xref\n0 5\n0000000000 65535 f \n" + table + tail


def save(image: Image.Image, name: str, **options: object) -> None:
    """Save a picture under media/."""
    image.save(MEDIA / name, **options)


def ordinary() -> None:
    """Draw the pictures that show nothing but a harbour."""
    save(scene(1, (250, 180, 120), (60, 70, 110)), "sunrise.jpg", quality=82)
    save(scene(2, (170, 210, 240), (230, 230, 235)).quantize(64), "sail.png")
    save(scene(3, (120, 130, 140), (70, 80, 80)), "lighthouse.jpg", quality=82)
    save(scene(4, (150, 200, 230), (40, 110, 150)).quantize(48), "buoys.gif")
    save(scene(5, (240, 130, 90), (80, 50, 90)), "sunset.webp", quality=80)
    save(scene(6, (210, 210, 200), (120, 150, 160)), "market.jpg", quality=82)
    save(scene(7, (230, 225, 210), (190, 180, 160)), "wall.jpg", quality=82)
    chart = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(chart)
    for month, height in enumerate((80, 95, 140, 180, 230, 260, 300, 290, 210, 150, 110, 90)):
        draw.rectangle((20 + month * 38, 340 - height, 48 + month * 38, 340), fill=(40, 90 + month * 8, 160))
    save(chart.quantize(32), "chart.png")
    save(
        with_code(scene(8, (250, 240, 220), (200, 170, 130)), "https://harbour.example/cafe/menu").quantize(64),
        "cafe-menu.png",
    )
    save(
        with_code(scene(9, (235, 235, 245), (160, 150, 190)), "https://harbour.example/choir").quantize(64),
        "choir-code.png",
    )
    (MEDIA / "minutes.pdf").write_bytes(
        note(["Mooring committee, 3 March", "Berth fees stay as they are.", "Next meeting in April."])
    )
    whole = io.BytesIO()
    scene(10, (180, 200, 220), (90, 120, 90)).save(whole, "JPEG", quality=82)
    (MEDIA / "broken.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 3])


def known() -> None:
    """Draw the two known posters and the forms in which they come back; write the bank."""
    banner = poster(101, "ASHEN BANNER", ("#3a3a3a", "#8c1c13"))
    tide = poster(202, "NINTH TIDE", ("#0b3954", "#087e8b"))
    forms: list[tuple[str, Callable[[], Image.Image], dict[str, object]]] = [
        ("banner-original.jpg", lambda: banner, {"quality": 88}),
        ("banner-small.jpg", lambda: banner.resize((240, 180)), {"quality": 80}),
        ("banner-quality30.jpg", lambda: banner, {"quality": 30}),
        ("banner-grey.png", lambda: ImageOps.grayscale(banner).quantize(32), {}),
        ("banner-palette.gif", lambda: banner.quantize(48), {}),
        ("banner-mirrored.jpg", lambda: ImageOps.mirror(banner), {"quality": 80}),
        ("banner-cropped.jpg", lambda: banner.crop((7, 5, 473, 355)), {"quality": 80}),
        ("banner-turned.jpg", lambda: banner.rotate(90, expand=True), {"quality": 80}),
        ("tide-copy.jpg", lambda: tide, {"quality": 60}),
        ("tide-webp.webp", lambda: tide.resize((360, 270)), {"quality": 70}),
        (
            "banner-qr.png",
            lambda: with_code(scene(11, (90, 90, 90), (40, 30, 30)), "https://t.me/+AshenDoor17").quantize(64),
            {},
        ),
        (
            "tide-qr.jpg",
            lambda: with_code(scene(12, (40, 90, 110), (20, 40, 60)), "https://t.me/joinchat/NinthTideInner"),
            {"quality": 85},
        ),
    ]
    for name, draw, options in forms:
        save(draw(), name, **options)
    with zipfile.ZipFile(MEDIA / "pack.zip", "w") as archive:
        again = io.BytesIO()
        banner.save(again, "JPEG", quality=70)
        archive.writestr(zipfile.ZipInfo("wallpaper/one.jpg"), again.getvalue())
    original = (MEDIA / "banner-original.jpg").read_bytes()
    with (HERE / "harbour.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("type", "value", "label", "trust", "source", "confirmed_by"))
        rows.writerow(
            (
                "sha256",
                hashlib.sha256(original).hexdigest(),
                "Ashen Banner poster",
                "confirmed",
                "harbour desk",
                "reviewer-demo",
            )
        )
        rows.writerow(("pdq", pdq(banner), "Ashen Banner poster", "confirmed", "harbour desk", "reviewer-demo"))
        rows.writerow(("pdq", pdq(tide), "Ninth Tide poster", "partner", "example exchange", ""))


def pdq(image: Image.Image) -> str:
    """Give a picture's PDQ hash in hex."""
    grey = ImageOps.grayscale(image)
    forms = hash_plane(Plane("", *grey.size, grey.tobytes()))
    if forms is None:
        raise SystemExit("the poster is too small to hash")
    return forms.hashes[0].tobytes().hex()


if __name__ == "__main__":
    MEDIA.mkdir(exist_ok=True)
    ordinary()
    known()
