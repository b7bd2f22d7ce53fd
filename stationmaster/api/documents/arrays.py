"""Lists as the documents have them, which know no pages: a plain array, and the address of the next page in the header `Link`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar
from urllib.parse import urlencode

from litestar import Request, Response

T = TypeVar("T")


def array_of(request: Request[Any, Any, Any], items: Iterable[T], following: str | None) -> Response[list[T]]:
    """A page; `following` is the cursor of the next one (RFC 8288)."""
    headers = {}
    if following is not None:
        query = urlencode({**request.query_params, "cursor": following})
        headers["Link"] = f'<{request.scope["path"]}?{query}>; rel="next"'
    return Response(list(items), headers=headers)
