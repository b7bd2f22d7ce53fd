"""Files over HTTP, as a charger fetches and brings them. Both say whether it worked: a charger tells no more than that."""

import asyncio
import urllib.request

TIMEOUT_S = 60.0
CHUNK = 64 * 1024


async def fetch(url: str) -> bool:
    """Fetch a file, and throw it away."""
    return await asyncio.to_thread(_try, url)


async def bring(url: str, content: bytes) -> bool:
    """Put a file there."""
    return await asyncio.to_thread(_try, url, content)


def _try(url: str, content: bytes | None = None) -> bool:
    if not url.lower().startswith(("http://", "https://")):
        return False  # what else urllib understands, such as a file of this computer, nobody has to ask a charger for
    request = urllib.request.Request(url, data=content, method="GET" if content is None else "PUT")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            while answer.read(CHUNK):
                pass
    except (OSError, ValueError):
        return False
    return True
