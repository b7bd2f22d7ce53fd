"""Bills"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bills",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tariff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("terms", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("net", columns.Exact(3), nullable=False),
        sa.Column("tax", columns.Exact(3), nullable=False),
        sa.Column("round_off", columns.Exact(3), nullable=False),
        sa.Column("total", columns.Exact(3), nullable=False),
        sa.Column("bill", columns.Json(), nullable=True),
        sa.Column("made_at", columns.UtcTime(), nullable=False),
        sa.Column("booked_on", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_bills_customer_id_customers")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_bills_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_bills_session_id_sessions")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_bills_site_id_sites")),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariffs.id"], name=op.f("fk_bills_tariff_id_tariffs")),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["ledger_transactions.id"], name=op.f("fk_bills_transaction_id_ledger_transactions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bills")),
        sa.UniqueConstraint("organization_id", "public_id", name=op.f("uq_bills_organization_id_public_id")),
        sa.UniqueConstraint("session_id", "revision", name=op.f("uq_bills_session_id_revision")),
    )
    with op.batch_alter_table("bills", schema=None) as batch_op:
        batch_op.create_index("ix_bills_booked_on", ["organization_id", "booked_on"], unique=False)
        batch_op.create_index(
            "ix_bills_customer",
            ["customer_id", "id"],
            unique=False,
            sqlite_where=sa.text("customer_id IS NOT NULL"),
            postgresql_where=sa.text("customer_id IS NOT NULL"),
        )
        batch_op.create_index("ix_bills_organization", ["organization_id", "id"], unique=False)

    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            why = "a bill stays as it is"
            op.execute(
                f"CREATE TRIGGER bills_stay_{change.lower()} BEFORE {change} ON bills BEGIN SELECT RAISE(ABORT, '{why}'); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER bills_stay BEFORE UPDATE OR DELETE ON bills FOR EACH ROW EXECUTE FUNCTION stays_as_it_is()"
        )


def downgrade() -> None:
    with op.batch_alter_table("bills", schema=None) as batch_op:
        batch_op.drop_index("ix_bills_organization")
        batch_op.drop_index(
            "ix_bills_customer",
            sqlite_where=sa.text("customer_id IS NOT NULL"),
            postgresql_where=sa.text("customer_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_bills_booked_on")

    op.drop_table("bills")
