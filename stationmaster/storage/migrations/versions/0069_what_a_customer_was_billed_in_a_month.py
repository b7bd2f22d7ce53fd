"""What a customer was billed in a month"""

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

_of_customer = sa.text("customer_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_bills_customer_booked_on",
        "bills",
        ["customer_id", "booked_on"],
        sqlite_where=_of_customer,
        postgresql_where=_of_customer,
    )


def downgrade() -> None:
    op.drop_index("ix_bills_customer_booked_on", "bills")
