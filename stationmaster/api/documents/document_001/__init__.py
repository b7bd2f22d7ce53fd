"""Document 001: `/api/cms/…`, in the columns of its tables and with its words (`Active`, `Three Phase`).

Its station is our site, its point our charger. What is changed with PUT is what is given; what is removed is answered as it was, with
`deleted`, since the document's pages read every answer as JSON.
"""

from __future__ import annotations

from litestar import Router

from stationmaster.api.documents.document_001 import business, points, stations

router = Router(
    "/api/cms",
    route_handlers=[*stations.ROUTES, *points.ROUTES, *business.ROUTES],
    include_in_schema=False,
)
