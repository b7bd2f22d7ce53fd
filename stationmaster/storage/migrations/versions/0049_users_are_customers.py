"""Users are customers"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

NAME = "fk_users_customer_id_customers"
LIVING = sa.text("deleted_at IS NULL")


def upgrade() -> None:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    inline = op.get_bind().dialect.name == "sqlite"  # it would copy the whole table for a constraint of its own
    reference = [sa.ForeignKey("customers.id", name=NAME)] if inline else []
    op.add_column("users", sa.Column("customer_id", kind, *reference, nullable=True), inline_references=inline)
    if not inline:
        op.create_foreign_key(NAME, "users", "customers", ["customer_id"], ["id"])
    op.create_index(
        "uq_users_customer_id", "users", ["customer_id"], unique=True, sqlite_where=LIVING, postgresql_where=LIVING
    )


def downgrade() -> None:
    op.drop_index("uq_users_customer_id", "users")
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_constraint(NAME, type_="foreignkey")
        batch_op.drop_column("customer_id")
