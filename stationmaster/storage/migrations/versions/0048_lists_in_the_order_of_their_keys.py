"""Lists in the order of their keys"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

LISTED = ("customers", "stations", "tokens", "vehicles")
WITH_CUSTOMER = sa.text("customer_id IS NOT NULL")


def upgrade() -> None:
    for table in LISTED:
        op.create_index(f"ix_{table}_organization_id", table, ["organization_id", "id"])
    op.create_index("ix_sessions_started", "sessions", ["started_at", "id"])
    op.drop_index("ix_sessions_customer", "sessions")
    op.create_index(
        "ix_sessions_customer",
        "sessions",
        ["customer_id", "id"],
        sqlite_where=WITH_CUSTOMER,
        postgresql_where=WITH_CUSTOMER,
    )


def downgrade() -> None:
    op.drop_index("ix_sessions_customer", "sessions")
    op.create_index("ix_sessions_customer", "sessions", ["customer_id", "id"])
    op.drop_index("ix_sessions_started", "sessions")
    for table in reversed(LISTED):
        op.drop_index(f"ix_{table}_organization_id", table)
