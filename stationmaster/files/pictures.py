"""Pictures that come from outside: told by their content, never by their name, and drawn anew.

What is kept is made of the pixels alone, so nothing that was hidden in a file (a place, a script, another file) is in it (API-22).
"""

from __future__ import annotations

import io
import warnings
from typing import NamedTuple

from PIL import Image, ImageOps

from stationmaster.reason_words import Reasoned

FORMATS = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE = "image/webp"
LARGEST = 2048  # the longer side of what is kept
THUMBNAIL = 320
LOGO = (480, 160)  # a logo is drawn into this
LOGO_BYTES = 60_000
MOST_PIXELS = 40_000_000  # of what comes: 160 MB while it is drawn


class NoPicture(Reasoned):
    """It cannot be taken; `reason` says why."""


class Drawn(NamedTuple):
    """A picture as it is kept, and a small one of it."""

    content: bytes
    width: int
    height: int
    thumbnail: bytes


class DrawnLogo(NamedTuple):
    """A logo as it is kept, in PNG."""

    content: bytes
    width: int
    height: int


def drawn(content: bytes) -> Drawn:
    """The picture anew, upright and without all else. Takes a second and much memory: in a thread, few at once. Raises `NoPicture`."""
    whole = _opened(content)
    whole.thumbnail((LARGEST, LARGEST))
    small = whole.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return Drawn(_written(whole), whole.width, whole.height, _written(small))


def logo(content: bytes) -> DrawnLogo:
    """The same of a logo: small, without an empty rim, in PNG, which every printer takes. Raises `NoPicture`."""
    whole = _opened(content)
    if whole.mode == "RGBA":
        rim = whole.getchannel("A").getbbox()
        if rim is None:
            raise NoPicture("is empty: all of it is transparent")
        whole = whole.crop(rim)
    whole.thumbnail(LOGO)
    made = _png(whole)
    if len(made) > LOGO_BYTES:  # a photograph, rather than a logo
        made = _png(whole.quantize(128, method=Image.Quantize.FASTOCTREE))
    return DrawnLogo(made, whole.width, whole.height)


def _opened(content: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd but harmless metadata; what is too large is judged here
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise NoPicture(
                        "has {width} × {height} pixels; {most} million are taken",
                        width=opened.width,
                        height=opened.height,
                        most=MOST_PIXELS // 1_000_000,
                    )
                opened.draft("RGB", (LARGEST, LARGEST))  # a JPEG is read smaller at once
                whole = ImageOps.exif_transpose(opened)
                return whole.convert("RGBA" if whole.has_transparency_data else "RGB")
    except NoPicture:
        raise
    except Exception:  # the library raises whatever it meets in a broken file
        raise NoPicture("is no picture that can be read; JPEG, PNG and WebP are taken") from None


def _png(picture: Image.Image) -> bytes:
    target = io.BytesIO()
    bare = picture.copy()
    bare.info = {}
    bare.save(target, "PNG", optimize=True)
    return target.getvalue()


def _written(picture: Image.Image) -> bytes:
    bare = Image.new(picture.mode, picture.size)  # nothing but pixels comes along
    bare.paste(picture)
    target = io.BytesIO()
    bare.save(target, "WEBP", quality=82, method=4)
    return target.getvalue()
