"""Tariffs, customers and vehicles"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

REFERENCES = (
    ("connectors", "tariff_id", "tariffs"),
    ("stations", "tariff_id", "tariffs"),
    ("sites", "tariff_id", "tariffs"),
    ("tokens", "customer_id", "customers"),
    ("sessions", "customer_id", "customers"),
)


def upgrade() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("erased_at", columns.UtcTime(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.Column("deleted_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_customers_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.create_index("ix_customers_name_key", ["organization_id", "name_key", "id"], unique=False)
        batch_op.create_index(
            "uq_customers_phone",
            ["organization_id", "phone"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "uq_customers_public_id",
            ["organization_id", "public_id"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "tariffs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("standard", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("terms", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.Column("deleted_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_tariffs_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariffs")),
    )
    with op.batch_alter_table("tariffs", schema=None) as batch_op:
        batch_op.create_index(
            "uq_tariffs_public_id",
            ["organization_id", "public_id"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "uq_tariffs_standard",
            ["organization_id"],
            unique=True,
            sqlite_where=sa.text("standard AND deleted_at IS NULL"),
            postgresql_where=sa.text("standard AND deleted_at IS NULL"),
        )

    op.create_table(
        "tariff_terms",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tariff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("valid_from", columns.UtcTime(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("price_per_kwh", columns.Exact(6), nullable=True),
        sa.Column("price_per_minute", columns.Exact(6), nullable=True),
        sa.Column("price_per_session", columns.Exact(6), nullable=True),
        sa.Column("tax_percent", columns.Exact(4), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariffs.id"], name=op.f("fk_tariff_terms_tariff_id_tariffs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff_terms")),
        sa.UniqueConstraint("tariff_id", "number", name=op.f("uq_tariff_terms_tariff_id_number")),
    )
    op.create_table(
        "vehicles",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("make", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("plate", sa.Text(), nullable=True),
        sa.Column("connector_types", columns.Json(), nullable=True),
        sa.Column("battery_wh", columns.Exact(3), nullable=True),
        sa.Column("vin", sa.Text(), nullable=True),
        sa.Column("emaid", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.Column("deleted_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_vehicles_customer_id_customers")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_vehicles_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicles")),
    )
    with op.batch_alter_table("vehicles", schema=None) as batch_op:
        batch_op.create_index("ix_vehicles_customer", ["customer_id", "id"], unique=False)
        batch_op.create_index(
            "uq_vehicles_default",
            ["customer_id"],
            unique=True,
            sqlite_where=sa.text("is_default AND deleted_at IS NULL"),
            postgresql_where=sa.text("is_default AND deleted_at IS NULL"),
        )
        batch_op.create_index(
            "uq_vehicles_public_id",
            ["organization_id", "public_id"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    for table, column, other in REFERENCES:
        _refer(table, column, other)
    op.create_index("ix_sessions_customer", "sessions", ["customer_id", "id"])
    op.create_index("ix_tokens_customer_id", "tokens", ["customer_id"])


def downgrade() -> None:
    op.drop_index("ix_tokens_customer_id", "tokens")
    op.drop_index("ix_sessions_customer", "sessions")
    for table, column, other in reversed(REFERENCES):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(f"fk_{table}_{column}_{other}", type_="foreignkey")
            batch_op.drop_column(column)
    with op.batch_alter_table("vehicles", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_vehicles_public_id",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(
            "uq_vehicles_default",
            sqlite_where=sa.text("is_default AND deleted_at IS NULL"),
            postgresql_where=sa.text("is_default AND deleted_at IS NULL"),
        )
        batch_op.drop_index("ix_vehicles_customer")

    op.drop_table("vehicles")
    op.drop_table("tariff_terms")
    with op.batch_alter_table("tariffs", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_tariffs_standard",
            sqlite_where=sa.text("standard AND deleted_at IS NULL"),
            postgresql_where=sa.text("standard AND deleted_at IS NULL"),
        )
        batch_op.drop_index(
            "uq_tariffs_public_id",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.drop_table("tariffs")
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_customers_public_id",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(
            "uq_customers_phone",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index("ix_customers_name_key")

    op.drop_table("customers")


def _refer(table: str, column: str, other: str) -> None:
    """A column that refers to another table, added where it is: SQLite would copy the whole table for a constraint of its own."""
    name = f"fk_{table}_{column}_{other}"
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    inline = op.get_bind().dialect.name == "sqlite"
    reference = [sa.ForeignKey(f"{other}.id", name=name)] if inline else []
    op.add_column(table, sa.Column(column, kind, *reference, nullable=True), inline_references=inline)
    if not inline:
        op.create_foreign_key(name, table, other, [column], ["id"])
