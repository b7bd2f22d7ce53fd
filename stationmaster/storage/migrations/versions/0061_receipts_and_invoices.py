"""Receipts and invoices"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

ISSUED = ("invoices", "invoiced_bills")


def never_change(table: str) -> list[str]:
    """What was issued stays as it is, whoever asks."""
    if op.get_bind().dialect.name == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'what was issued never changes'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        f"CREATE FUNCTION {table}_never_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'what was issued never changes' USING ERRCODE = 'restrict_violation'; END $$",
        f"CREATE TRIGGER {table}_never_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_never_change()",
    ]


def upgrade() -> None:
    op.create_table(
        "invoice_numbers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_invoice_numbers_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_numbers")),
        sa.UniqueConstraint("organization_id", "year", name=op.f("uq_invoice_numbers_organization_id_year")),
    )
    op.create_table(
        "issuers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("tax_number", sa.Text(), nullable=True),
        sa.Column("tax_label", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("bank", sa.Text(), nullable=True),
        sa.Column("iban", sa.Text(), nullable=True),
        sa.Column("bic", sa.Text(), nullable=True),
        sa.Column("footer", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("number_prefix", sa.Text(), nullable=True),
        sa.Column("payment_days", sa.Integer(), server_default="14", nullable=False),
        sa.Column("mail_receipts", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_issuers_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuers")),
        sa.UniqueConstraint("organization_id", name=op.f("uq_issuers_organization_id")),
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("issued_at", columns.UtcTime(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("month", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("net", columns.Exact(4), nullable=False),
        sa.Column("tax", columns.Exact(4), nullable=False),
        sa.Column("total", columns.Exact(4), nullable=False),
        sa.Column("corrects_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["corrects_id"], ["invoices.id"], name=op.f("fk_invoices_corrects_id_invoices")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_invoices_customer_id_customers")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_invoices_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_invoices_organization_id_number")),
        sa.UniqueConstraint(
            "organization_id", "year", "sequence", name=op.f("uq_invoices_organization_id_year_sequence")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_invoices_public_id")),
    )
    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.create_index("ix_invoices_corrects_id", ["corrects_id"], unique=False)
        batch_op.create_index("ix_invoices_customer_id", ["customer_id", "id"], unique=False)
        batch_op.create_index("ix_invoices_organization_id", ["organization_id", "id"], unique=False)

    op.create_table(
        "printouts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("invoice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kept_as", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_printouts_invoice_id_invoices")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_printouts_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printouts")),
        sa.UniqueConstraint("invoice_id", name=op.f("uq_printouts_invoice_id")),
    )
    op.create_table(
        "invoiced_bills",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("invoice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("credited", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_invoiced_bills_invoice_id_invoices")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_invoiced_bills_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_invoiced_bills_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoiced_bills")),
        sa.UniqueConstraint(
            "session_id", "revision", "credited", name=op.f("uq_invoiced_bills_session_id_revision_credited")
        ),
    )
    with op.batch_alter_table("invoiced_bills", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoiced_bills_invoice_id"), ["invoice_id"], unique=False)
    for table in ISSUED:
        for statement in never_change(table):
            op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("invoiced_bills", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoiced_bills_invoice_id"))

    op.drop_table("invoiced_bills")
    op.drop_table("printouts")
    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.drop_index("ix_invoices_organization_id")
        batch_op.drop_index("ix_invoices_customer_id")
        batch_op.drop_index("ix_invoices_corrects_id")

    op.drop_table("invoices")
    op.drop_table("issuers")
    op.drop_table("invoice_numbers")
    if op.get_bind().dialect.name != "sqlite":
        for table in ISSUED:
            op.execute(f"DROP FUNCTION {table}_never_change()")
