"""Lists of the few that differ"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

LISTED = (
    ("ix_stations_registration", "stations", "registration"),
    ("ix_stations_charger_type", "stations", "charger_type"),
    ("ix_tokens_kind", "tokens", "lower(kind)"),
    ("ix_tokens_status", "tokens", "status"),
    ("ix_customers_created", "customers", "created_at"),
    ("ix_customers_public_id", "customers", "public_id"),
)
DELETED = ("stations", "tokens", "customers", "vehicles")


def upgrade() -> None:
    for name, table, column in LISTED:
        op.create_index(name, table, ["organization_id", sa.text(column), "id"])
    only = sa.text("deleted_at IS NOT NULL")
    for table in DELETED:
        columns = ["organization_id", "id"]
        op.create_index(f"ix_{table}_deleted", table, columns, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    for table in reversed(DELETED):
        op.drop_index(f"ix_{table}_deleted", table)
    for name, table, _ in reversed(LISTED):
        op.drop_index(name, table)
