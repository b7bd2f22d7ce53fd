"""How an organization shows itself: a name, a logo and a colour, on its pages, its paper and its mails. Where it has none, it has ours."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Column, ForeignKey, Integer, LargeBinary, Table, Text, delete, insert, select, update
from sqlalchemy import text as sql

from stationmaster.domain import audit, colours, organizations, versions
from stationmaster.domain.audit import Subject
from stationmaster.domain.colours import Colours
from stationmaster.domain.errors import Invalid, NotFound
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata

# A logo is never changed. What was issued with it is printed with it again, so it stays as long as that; others go when another comes.
logos = Table(
    "logos",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("public_id", Text, nullable=False, unique=True),  # its address is made of it, and cannot be guessed
    Column("content", LargeBinary, nullable=False),  # PNG
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column(
        "issued", Boolean, nullable=False, server_default=sql("true")
    ),  # a paper has it; of old ones it is not known
)
looks = Table(
    "looks",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False, unique=True),
    Column("name", Text),
    Column("colour", Text),  # as in #0b6e5f
    Column("logo_id", BigInt, ForeignKey("logos.id")),
    *versions.columns(),
)

OURS = colours.readable("#0b6e5f")
FACTS = ("name", "colour")
"""What a person may say of it; a logo is brought."""


class Logo(NamedTuple):
    """A logo without its bytes. Sizes in pixels. `issued`: a paper has it, so it stays."""

    public_id: str
    width: int
    height: int
    issued: bool


class Look(NamedTuple):
    """How an organization shows itself. `id` and `version` are 0 where nothing was said."""

    id: int
    version: int
    organization: str  # its name among the tenants
    name: str | None
    colour: str | None
    logo: Logo | None

    @property
    def shown_name(self) -> str:
        return self.name or self.organization

    @property
    def colours(self) -> Colours:
        """Its own, else ours."""
        return OURS if self.colour is None else colours.readable(self.colour)


def get(work: Work, organization_id: int) -> Look:
    """Raises `NotFound`."""
    name, row, logo = organizations.get(work, organization_id).name, _row(work, organization_id), None
    if row is None:
        return Look(0, 0, name, None, None, None)
    if row.logo_id is not None:
        columns = (logos.c.public_id, logos.c.width, logos.c.height, logos.c.issued)
        logo = Logo._make(work.execute(select(*columns).where(logos.c.id == row.logo_id)).one())
    return Look(row.id, row.version, name, row.name, row.colour, logo)


def own_name(work: Work, organization_id: int) -> str:
    """The name that it has chosen to show; empty where it has not."""
    name = work.execute(select(looks.c.name).where(looks.c.organization_id == organization_id)).scalar()
    return name or ""


def shown_name(work: Work, organization_id: int) -> str:
    """What people know it by."""
    return own_name(work, organization_id) or organizations.get(work, organization_id).name


def change(work: Work, organization_id: int, changes: dict[str, Any], *, expected: versions.Expected = None) -> Look:
    """Set the `FACTS` that are given; what is issued already stays as it is. Raises `Invalid`, `Outdated`."""
    return _set(work, organization_id, {name: _checked(name, value) for name, value in changes.items()}, expected)


def set_logo(
    work: Work,
    organization_id: int,
    content: bytes | None,
    *,
    width: int = 0,
    height: int = 0,
    expected: versions.Expected = None,
) -> Look:
    """Another logo, a PNG; None: no more. Raises `Outdated`, and `NotFound` where there is none to remove."""
    logo_id = None
    if content is None:
        if get(work, organization_id).logo is None:
            raise NotFound("there is no logo")
    else:
        values = {"public_id": secrets.token_hex(16), "content": content, "width": width, "height": height}
        values |= {"organization_id": organization_id, "created_at": work.now, "issued": False}
        logo_id = work.execute(insert(logos).values(values).returning(logos.c.id)).scalar_one()
    return _set(work, organization_id, {"logo_id": logo_id}, expected)


def keep_for_papers(work: Work, logo: Logo) -> bool:
    """A paper is issued with this logo, which stays from now on. False when it has gone meanwhile: then look again."""
    mine = update(logos).where(logos.c.public_id == logo.public_id)
    return logo.issued or bool(work.execute(mine.values(issued=True)).rowcount)


def logo_content(work: Work, public_id: str | None) -> bytes | None:
    """The PNG of a logo, for whoever knows its id."""
    if public_id is None:
        return None
    found: bytes | None = work.execute(select(logos.c.content).where(logos.c.public_id == public_id)).scalar()
    return found


def _set(work: Work, organization_id: int, values: dict[str, Any], expected: versions.Expected) -> Look:
    organizations.lock(work, organization_id)
    before = get(work, organization_id)
    versions.check(before, expected)
    row = _row(work, organization_id)
    if row is not None:
        versions.change(work, looks, row, values)
    elif any(value is not None for value in values.values()):
        work.execute(insert(looks).values(organization_id=organization_id, **versions.first(work), **values))
    if "logo_id" in values:
        unused = (logos.c.organization_id == organization_id, ~logos.c.issued)
        shown = select(looks.c.logo_id).where(looks.c.organization_id == organization_id, looks.c.logo_id.is_not(None))
        work.execute(delete(logos).where(*unused, logos.c.id.not_in(shown)))
    after = get(work, organization_id)
    if _told(before) != _told(after):
        subject = Subject("organization", organizations.get(work, organization_id).public_id)
        audit.record(
            work, "change_look", subject, before=_told(before), after=_told(after), organization=organization_id
        )
    return after


def _told(look: Look) -> dict[str, str | None]:
    logo = None if look.logo is None else look.logo.public_id
    return {"name": look.name, "colour": look.colour, "logo": logo}


def _row(work: Work, organization_id: int) -> Any:
    return work.execute(select(looks).where(looks.c.organization_id == organization_id)).one_or_none()


def _checked(name: str, value: str | None) -> str | None:
    if value is None or not value.strip():
        return None
    if name == "colour":
        return colours.kept(value)
    text = " ".join(value.split())
    if len(text) > 60 or not text.isprintable():
        raise Invalid("name", "must have 1 to 60 characters, on one line")
    return text
