"""Customers have terms and groups"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVING = sa.text("deleted_at IS NULL")
REFERENCES = (("group_id", "customer_groups"), ("tariff_id", "tariffs"))
TERMS = ("currency", "credit_limit", "monthly_budget", "language", "billing_address", "tax_number")


def upgrade() -> None:
    op.create_table(
        "customer_groups",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("organization_id", KEY, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tariff_id", KEY, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.Column("deleted_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_customer_groups_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariffs.id"], name=op.f("fk_customer_groups_tariff_id_tariffs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_groups")),
    )
    op.create_index(
        "uq_customer_groups_public_id",
        "customer_groups",
        ["organization_id", "public_id"],
        unique=True,
        sqlite_where=LIVING,
        postgresql_where=LIVING,
    )
    op.add_column("customers", sa.Column("billing", sa.Text(), server_default="free", nullable=False))
    kinds = {"credit_limit": columns.Exact(3), "monthly_budget": columns.Exact(3), "billing_address": columns.Json()}
    for name in TERMS:
        op.add_column("customers", sa.Column(name, kinds.get(name, sa.Text()), nullable=True))
    inline = op.get_bind().dialect.name == "sqlite"  # it would copy the whole table for a constraint of its own
    for name, other in REFERENCES:
        constraint = op.f(f"fk_customers_{name}_{other}")
        reference = [sa.ForeignKey(f"{other}.id", name=constraint)] if inline else []
        op.add_column("customers", sa.Column(name, KEY, *reference, nullable=True), inline_references=inline)
        if not inline:
            op.create_foreign_key(constraint, "customers", other, [name], ["id"])
    op.create_index(op.f("ix_customers_group_id"), "customers", ["group_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_customers_group_id"), "customers")
    with op.batch_alter_table("customers") as batch_op:
        for name, other in REFERENCES:
            batch_op.drop_constraint(op.f(f"fk_customers_{name}_{other}"), type_="foreignkey")
            batch_op.drop_column(name)
        for name in (*TERMS, "billing"):
            batch_op.drop_column(name)
    op.drop_table("customer_groups")
