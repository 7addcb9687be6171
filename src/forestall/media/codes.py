"""Square codes in pictures: QR, Micro QR, rMQR, Data Matrix, Aztec (ISO/IEC 18004, 16022, 24778), read by zxing-cpp.

What is tried where was measured on codes of 2 to 6 pixels a module pasted into a photograph of 1600 × 1004. QR codes, which carry
nearly all real invites, are looked for at full size with everything on (2.8 ms). Data Matrix and Aztec with everything on would cost
14 ms more, so above 0.6 MP they are looked for dark on light in a copy of at most 1000 pixels (2.4 ms), where a module must still be
2 pixels wide; smaller pictures get everything.
"""

import zxingcpp
from PIL import Image

_QR_KINDS = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.MicroQRCode, zxingcpp.BarcodeFormat.RMQRCode)
_OTHER_KINDS = (zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.Aztec)
_QR, _OTHERS, _ALL = (zxingcpp.BarcodeFormats(kinds) for kinds in (_QR_KINDS, _OTHER_KINDS, _QR_KINDS + _OTHER_KINDS))

_SMALL = 600_000
_COPY_SIDE = 1000
_LONGEST_SIDE = 32_000
_LEAST_SIDE = 8
_MOST_CODES = 32
_MOST_CHARACTERS = 8_000


def scan(luma: Image.Image, raw: bytes = b"") -> list[str]:
    """Give what the codes in a brightness picture (mode L) say, each text once, at most 32, in the order found.

    `raw` may be the picture's bytes, where they are at hand already.
    """
    if min(luma.size) < _LEAST_SIDE:
        return []
    if max(luma.size) > _LONGEST_SIDE:  # a strip longer than zxing-cpp takes is read piece by piece
        upright = luma if luma.height > luma.width else luma.transpose(Image.Transpose.ROTATE_90)
        tops = range(0, upright.height, _LONGEST_SIDE // 2)
        pieces = (upright.crop((0, top, upright.width, min(top + _LONGEST_SIDE, upright.height))) for top in tops)
        return list(dict.fromkeys(text for piece in pieces for text in scan(piece)))[:_MOST_CODES]
    whole = _view(luma, raw if len(raw) == luma.width * luma.height else luma.tobytes())
    if luma.width * luma.height <= _SMALL:
        found = zxingcpp.read_barcodes(whole, formats=_ALL)
    else:
        small = luma.reduce(-(-max(luma.size) // _COPY_SIDE)) if max(luma.size) > _COPY_SIDE else luma
        found = zxingcpp.read_barcodes(whole, formats=_QR)
        found += zxingcpp.read_barcodes(
            _view(small, small.tobytes()), formats=_OTHERS, try_downscale=False, try_invert=False
        )
    texts = dict.fromkeys(code.text[:_MOST_CHARACTERS] for code in found if code.text and not code.text.isspace())
    return list(texts)[:_MOST_CODES]


def _view(luma: Image.Image, raw: bytes) -> memoryview:
    """Give the picture's bytes as rows, without numpy."""
    return memoryview(raw).cast("B", (luma.height, luma.width))
