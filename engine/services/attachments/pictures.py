"""Pictures as they are kept: drawn anew from their pixels, so that neither place nor camera, nor anything hidden, stays.

A photograph of a child taken at a foster home tells where that home is; phones write it into the file. A HEIC picture
becomes JPEG, which every browser shows.
"""

from __future__ import annotations

import io
import warnings

import pi_heif
from PIL import Image, ImageOps

from engine.services.attachments.kinds import HEIC, JPEG, PNG, Kind, shown
from engine.services.attachments.model import RefusedFile

MOST_PIXELS = 60_000_000
QUALITY = 90
_MODES = {PNG: ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"), JPEG: ("L", "RGB")}


def cleaned(data: bytes, kind: Kind, name: str) -> tuple[bytes, Kind]:
    """Return a picture without anything but its pixels, upright. Raises RefusedFile for one that is damaged or huge."""
    into = PNG if kind is PNG else JPEG
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd about a stranger's picture is no news to us
            picture = _opened(data, kind, name)
            picture.load()
            upright = ImageOps.exif_transpose(picture)
            if upright.mode not in _MODES[into]:
                upright = upright.convert("RGB")
            plain = Image.frombytes(upright.mode, upright.size, upright.tobytes())
            if upright.mode == "P":
                plain.putpalette(upright.getpalette() or [])
            out = io.BytesIO()
            profile = upright.info.get("icc_profile")
            if into is JPEG:
                plain.save(out, "JPEG", quality=QUALITY, optimize=True, icc_profile=profile)
            else:
                plain.save(out, "PNG", icc_profile=profile)
    except RefusedFile:
        raise
    except Exception:  # decoders fail in many ways, and each of them means the same
        raise RefusedFile(f"“{shown(name)}” is damaged, or no picture that can be read") from None
    return out.getvalue(), into


def _opened(data: bytes, kind: Kind, name: str) -> Image.Image:
    if kind is HEIC:
        held = pi_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
        _not_too_large(held.size, name)
        return held.to_pillow()  # type: ignore[no-any-return]
    try:
        picture = Image.open(io.BytesIO(data), formats=["JPEG", "PNG"])  # reads the head alone
    except Image.DecompressionBombError:
        raise RefusedFile(
            f"“{shown(name)}” is too large a picture: save it smaller, and attach that"
        ) from None
    _not_too_large(picture.size, name)
    return picture


def _not_too_large(size: tuple[int, int], name: str) -> None:
    if size[0] * size[1] > MOST_PIXELS:
        raise RefusedFile(
            f"“{shown(name)}” is {size[0]} by {size[1]} points large: save it smaller, and attach that"
        )
