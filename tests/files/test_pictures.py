"""API-22: a picture is told by its content, drawn anew, and carries nothing else."""

from __future__ import annotations

import io
import random
import struct
import zlib
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from stationmaster.files.pictures import LARGEST, MOST_PIXELS, THUMBNAIL, NoPicture, drawn, logo

SCRIPT = b"<script>alert(1)</script>"


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), **options: Any) -> bytes:
    target = io.BytesIO()
    Image.new("RGBA" if kind == "PNG" else "RGB", size, "seagreen").save(target, kind, **options)
    return target.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_S1_146_a_picture_and_a_small_one_of_it(kind: str) -> None:
    made = drawn(picture(kind))
    whole, small = opened(made.content), opened(made.thumbnail)
    assert (whole.format, whole.size, (made.width, made.height)) == ("WEBP", (640, 480), (640, 480))
    assert (small.format, small.size) == ("WEBP", (THUMBNAIL, 240))


def test_S1_146_a_large_one_is_made_smaller_and_a_small_one_is_left() -> None:
    assert opened(drawn(picture(size=(LARGEST * 2, 1000))).content).size == (LARGEST, 500)
    assert opened(drawn(picture(size=(3, 2))).thumbnail).size == (3, 2)


def test_API_22_no_place_and_no_other_metadata_comes_along() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a description that is private"
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)  # where it was taken
    made = drawn(picture(exif=exif, comment=b"a comment that is private"))
    assert opened(made.content).size == (480, 640)  # upright now
    assert not opened(made.content).getexif() and b"private" not in made.content + made.thumbnail


def test_API_22_what_stands_behind_or_inside_of_a_picture_is_gone() -> None:
    for content in (picture() + SCRIPT, picture("PNG") + b"PK\x03\x04" + SCRIPT, picture(comment=SCRIPT)):
        made = drawn(content)
        assert SCRIPT not in made.content + made.thumbnail


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is large, and is a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(MOST_PIXELS, 2), (50_000, 50_000), (2**31 - 1, 2**31 - 1)])
def test_API_22_a_decompression_bomb_is_refused_by_what_it_says_it_is(width: int, height: int) -> None:
    with pytest.raises(NoPicture):
        drawn(bomb(width, height))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>",
        b"GIF89a" + b"\0" * 100,
        b"%PDF-1.7",
        b"PK\x03\x04",
        picture()[:200],
        picture("PNG")[:60],
        b"\xff\xd8\xff" + SCRIPT,
        b"BM" + b"\0" * 60,
    ],
    ids=["empty", "svg", "gif", "pdf", "zip", "half a jpeg", "half a png", "script", "bmp"],
)
def test_API_22_what_is_no_picture(content: bytes) -> None:
    with pytest.raises(NoPicture, match="JPEG, PNG and WebP"):
        drawn(content)


def test_a_logo_loses_its_transparent_rim_and_all_but_its_pixels() -> None:
    whole, around = Image.new("RGBA", (600, 400)), PngInfo()
    whole.paste((0, 90, 80, 255), (100, 100, 400, 200))
    around.add_text("Author", "Ann")
    content = io.BytesIO()
    whole.save(content, "PNG", pnginfo=around)
    made = logo(content.getvalue())
    kept = opened(made.content)
    assert (made.width, made.height, kept.size, kept.info) == (300, 100, (300, 100), {})
    assert kept.getcolors() == [(30_000, (0, 90, 80, 255))]


def test_a_photograph_as_a_logo_has_fewer_colours_and_one_without_anything_is_refused() -> None:
    noise, empty = io.BytesIO(), io.BytesIO()
    Image.frombytes("RGB", (480, 160), random.Random(1).randbytes(480 * 160 * 3)).save(noise, "PNG")
    assert len(logo(noise.getvalue()).content) < 480 * 160 < len(noise.getvalue())
    Image.new("RGBA", (9, 9)).save(empty, "PNG")
    with pytest.raises(NoPicture, match="transparent"):
        logo(empty.getvalue())
