"""The other side of `pictures.py`, run by the Python of a separate environment that has pdqhash 0.2.8 and Pillow: never imported.

Reads one JSON object per line, `{"path": FILE, "times": N}`, and answers each with `{"hash", "quality", "cpu_ms"}`: the hash of the file
as HMA takes it (Pillow to RGB, pdqhash over it), and CPU milliseconds of one call, from the file's bytes, as the mean of `times`.
"""

import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def hashed(compute: Any, data: bytes) -> tuple[Any, int]:
    """Give the 256 bits and the quality of a picture file."""
    bits, quality = compute(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
    return bits, int(quality)


def main() -> None:
    """Answer requests until the input ends."""
    import pdqhash  # type: ignore[import-not-found]  # noqa: PLC0415 - only the peer's environment has it

    for line in sys.stdin:
        asked = json.loads(line)
        data = Path(asked["path"]).read_bytes()
        begin = time.process_time()
        for _ in range(asked["times"]):
            bits, quality = hashed(pdqhash.compute, data)
        spent = (time.process_time() - begin) * 1000 / asked["times"]
        value = np.packbits(np.asarray(bits, np.uint8)).tobytes().hex()
        print(json.dumps({"hash": value, "quality": quality, "cpu_ms": spent}), flush=True)


if __name__ == "__main__":
    main()
