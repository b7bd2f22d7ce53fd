"""What a site is"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

LIVING = sa.text("deleted_at IS NULL")
TEXTS = ("city", "state", "country", "postal_code", "grid_phase", "opening_time", "closing_time")
CONTACT = ("contact_person", "contact_number", "contact_email", "created_by")


def upgrade() -> None:
    with op.batch_alter_table("sites", schema=None) as batch_op:
        for name in (*TEXTS, *CONTACT, "public_id"):
            batch_op.add_column(sa.Column(name, sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("latitude", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("longitude", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("status", sa.Text(), server_default="active", nullable=False))
        batch_op.add_column(sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False))
        batch_op.add_column(sa.Column("working_days", columns.Json(), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("updated_at", columns.UtcTime(), nullable=True))
    # So far a site was called by its key.
    op.execute("UPDATE sites SET public_id = CAST(id AS TEXT), updated_at = COALESCE(deleted_at, created_at)")
    with op.batch_alter_table("sites", schema=None) as batch_op:
        batch_op.alter_column("public_id", nullable=False)
        batch_op.alter_column("updated_at", nullable=False)
        batch_op.create_index("ix_sites_position", ["latitude", "longitude"], unique=False)
        batch_op.create_index(
            "uq_sites_public_id",
            ["organization_id", "public_id"],
            unique=True,
            sqlite_where=LIVING,
            postgresql_where=LIVING,
        )


def downgrade() -> None:
    with op.batch_alter_table("sites", schema=None) as batch_op:
        batch_op.drop_index("uq_sites_public_id")
        batch_op.drop_index("ix_sites_position")
        for name in ("updated_at", "version", "working_days", "time_zone", "status", "longitude", "latitude"):
            batch_op.drop_column(name)
        for name in (*TEXTS, *CONTACT, "public_id"):
            batch_op.drop_column(name)
