"""Pictures of sites and chargers. The bytes are in the store of files; here is whose they are, and how large."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from sqlalchemy import Column, ColumnElement, ForeignKey, Index, Integer, Table, Text, delete, func, insert, select

from stationmaster.domain import audit, sites, stations
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata

images = Table(
    "images",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    # Of what it is. Not called `site_id`: whoever may see the site or the charger may see its pictures.
    Column("of_kind", Text, nullable=False),
    Column("of_id", BigInt, nullable=False),
    Column("public_id", Text, nullable=False, unique=True),  # its address is made of it, and cannot be guessed
    Column("kept_as", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("thumbnail_kept_as", Text, nullable=False),
    Column("thumbnail_size", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)
Index("ix_images_of", images.c.of_kind, images.c.of_id, images.c.id)

MOST = 20  # of one site or charger
Kind = Literal["site", "station"]


class ImageRow(Protocol):
    """A row of the table."""

    id: int
    public_id: str
    kept_as: str
    size: int
    width: int
    height: int
    thumbnail_kept_as: str
    thumbnail_size: int
    created_at: datetime


class Picture(NamedTuple):
    """What is kept of a picture."""

    kept_as: str
    size: int
    width: int
    height: int
    thumbnail_kept_as: str
    thumbnail_size: int


def check(work: Work, organization_id: int, kind: Kind, name: str) -> None:
    """Whether there is room for another picture of it. Raises `NotFound`, `Conflict`."""
    of_id = _owner(work, organization_id, kind, name)
    count = work.execute(select(func.count()).select_from(images).where(*_of(kind, of_id))).scalar_one()
    if int(count) >= MOST:
        raise Conflict("there are {most} pictures already; remove one first", most=MOST)


def add(work: Work, organization_id: int, kind: Kind, name: str, picture: Picture) -> ImageRow:
    """Raises `NotFound`, `Conflict`."""
    check(work, organization_id, kind, name)
    values: dict[str, Any] = {
        **picture._asdict(),
        "organization_id": organization_id,
        "of_kind": kind,
        "of_id": _owner(work, organization_id, kind, name),
        "public_id": secrets.token_hex(16),
        "created_at": work.now,
    }
    row = work.execute(insert(images).values(values).returning(*images.c)).one()
    audit.record(work, "add_image", Subject(kind, name), after={"image": row.public_id}, organization=organization_id)
    return row


def listed(work: Work, organization_id: int, kind: Kind, name: str) -> list[ImageRow]:
    """All of a site or a charger, the oldest first. Raises `NotFound`."""
    of_id = _owner(work, organization_id, kind, name)
    return list(work.execute(select(images).where(*_of(kind, of_id)).order_by(images.c.id)))


def ids_of(work: Work, kind: Kind, keys: list[int]) -> dict[int, list[str]]:
    """The public ids of the pictures of each of these sites or chargers, the oldest first."""
    found: dict[int, list[str]] = {}
    mine = (images.c.of_kind == kind, images.c.of_id.in_(keys))
    for row in work.execute(select(images.c.of_id, images.c.public_id).where(*mine).order_by(images.c.id)):
        found.setdefault(row.of_id, []).append(row.public_id)
    return found


def remove(work: Work, organization_id: int, kind: Kind, name: str, public_id: str) -> ImageRow:
    """The row that was; its bytes can go. Raises `NotFound`."""
    of_id = _owner(work, organization_id, kind, name)
    mine = (*_of(kind, of_id), images.c.public_id == public_id)
    row = work.execute(delete(images).where(*mine).returning(*images.c)).one_or_none()
    if row is None:
        raise NotFound("there is no such picture")
    audit.record(work, "remove_image", Subject(kind, name), before={"image": public_id}, organization=organization_id)
    return row


def by_address(work: Work, public_id: str) -> ImageRow:
    """The picture with this address, for whoever knows it. Raises `NotFound`."""
    row = work.execute(select(images).where(images.c.public_id == public_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such picture")
    return row


def _owner(work: Work, organization_id: int, kind: Kind, name: str) -> int:
    if kind == "site":
        return sites.get(work, organization_id, name).id
    return stations.get(work, organization_id, name).id


def _of(kind: Kind, of_id: int) -> tuple[ColumnElement[bool], ...]:
    return images.c.of_kind == kind, images.c.of_id == of_id
