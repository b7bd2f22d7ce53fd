"""Older meter values are packed"""

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meter_value_forms",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_value_forms")),
    )
    op.create_index("ix_meter_value_forms_station_id", "meter_value_forms", ["station_id"])
    op.add_column("meter_values", sa.Column("form_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))


def downgrade() -> None:
    _unpack(op.get_bind())
    op.drop_column("meter_values", "form_id")
    op.drop_table("meter_value_forms")


def _unpack(connection: sa.Connection) -> None:
    """The samples as they came: what stands between the values of a row is in its form."""
    forms = {
        row.id: row.text[1:-1].split("\x1f") for row in connection.execute(sa.text("SELECT * FROM meter_value_forms"))
    }
    packed = sa.text(
        "SELECT id, form_id, samples FROM meter_values WHERE id > :last AND form_id > 0 ORDER BY id LIMIT 1000"
    )
    last = 0
    while rows := connection.execute(packed, {"last": last}).all():
        last = rows[-1].id
        told = [(row.id, forms[row.form_id], row.samples.split("\x1f")) for row in rows]
        whole = [
            {"key": key, "samples": "".join(map("".join, zip(form, [*values, ""], strict=True)))}
            for key, form, values in told
        ]
        connection.execute(sa.text("UPDATE meter_values SET samples = :samples WHERE id = :key"), whole)
