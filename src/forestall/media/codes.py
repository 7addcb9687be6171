"""Square codes in pictures: QR, Micro QR, rMQR, Data Matrix, Aztec (ISO/IEC 18004, 16022, 24778), read by zxing-cpp.

What is tried where was measured on codes pasted into a photograph of 1600 × 1004 (`benchmarks/screen.py`): QR codes with
everything on cost 2.8 ms and carry nearly all real invites. Data Matrix and Aztec with everything on would cost 14 ms more, so above
0.6 MP they are read upright, dark on light and at full size only (3 ms); smaller pictures get everything.
"""

import zxingcpp
from PIL import Image

_QR = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.MicroQRCode, zxingcpp.BarcodeFormat.RMQRCode)
_OTHERS = (zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.Aztec)

_SMALL = 600_000
_LEAST_SIDE = 8
_MOST_CODES = 32
_MOST_CHARACTERS = 8_000


def scan(luma: Image.Image) -> list[str]:
    """Give what the codes in a brightness picture (mode L) say, each text once, at most 32, in the order found."""
    if min(luma.size) < _LEAST_SIDE:
        return []
    view = memoryview(luma.tobytes()).cast("B", (luma.height, luma.width))
    if luma.width * luma.height <= _SMALL:
        found = zxingcpp.read_barcodes(view, formats=_QR + _OTHERS)
    else:
        found = zxingcpp.read_barcodes(view, formats=_QR) + zxingcpp.read_barcodes(
            view, formats=_OTHERS, try_rotate=False, try_downscale=False, try_invert=False
        )
    texts = dict.fromkeys(code.text[:_MOST_CHARACTERS] for code in found if code.text and not code.text.isspace())
    return list(texts)[:_MOST_CODES]
