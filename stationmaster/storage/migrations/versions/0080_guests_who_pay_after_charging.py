"""Guests who pay after charging"""

import warnings

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import SAWarning

from stationmaster.storage import columns

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with warnings.catch_warnings():
        # SQLite writes the table anew, for which SQLAlchemy looks at those that it refers to: it cannot tell of all of their indexes, which stay.
        warnings.simplefilter("ignore", SAWarning)
        with op.batch_alter_table("guest_visits") as batch_op:
            batch_op.add_column(sa.Column("pays_after", sa.Boolean(), server_default=sa.text("false"), nullable=False))
            batch_op.add_column(sa.Column("currency", sa.Text(), nullable=True))
            batch_op.add_column(sa.Column("most", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
            batch_op.add_column(sa.Column("asked_to_pay_at", columns.UtcTime(), nullable=True))
            batch_op.add_column(sa.Column("release_at", columns.UtcTime(), nullable=True))
            batch_op.add_column(sa.Column("released_at", columns.UtcTime(), nullable=True))
            batch_op.alter_column(
                "payment_id", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )

    op.add_column("pay_places", sa.Column("pays_after", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("pay_places", schema=None) as batch_op:
        batch_op.drop_column("pays_after")

    with op.batch_alter_table("guest_visits", schema=None) as batch_op:
        batch_op.alter_column(
            "payment_id", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        )
        batch_op.drop_column("released_at")
        batch_op.drop_column("release_at")
        batch_op.drop_column("asked_to_pay_at")
        batch_op.drop_column("most")
        batch_op.drop_column("currency")
        batch_op.drop_column("pays_after")
