"""Corrections of wallets"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wallet_adjustments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("purse", sa.Text(), nullable=False),
        sa.Column("amount", columns.Exact(3), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", columns.UtcTime(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_at", columns.UtcTime(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_wallet_adjustments_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_wallet_adjustments_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_adjustments")),
        sa.UniqueConstraint(
            "organization_id", "public_id", name=op.f("uq_wallet_adjustments_organization_id_public_id")
        ),
    )
    with op.batch_alter_table("wallet_adjustments", schema=None) as batch_op:
        batch_op.create_index("ix_wallet_adjustments_organization", ["organization_id", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("wallet_adjustments", schema=None) as batch_op:
        batch_op.drop_index("ix_wallet_adjustments_organization")

    op.drop_table("wallet_adjustments")
