"""QR codes, to be printed."""

from __future__ import annotations

import io


def drawn(text: str) -> str:
    """The code of a text as SVG, with the white around it that readers need; it can be read with a seventh of it worn off."""
    import segno  # nobody but who prints has a use for it

    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", xmldecl=False, svgns=True, border=4, scale=4)
    return out.getvalue().decode()
