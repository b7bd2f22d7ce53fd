"""Remarks of the message log are a list"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """They were joined by "; ", and split there again: one remark that has it became two."""
    quoted = "to_json(remarks)::text" if op.get_bind().dialect.name == "postgresql" else "json_quote(remarks)"
    op.execute(
        f"UPDATE messages SET remarks = '[' || replace({quoted}, '; ', '\",\"') || ']' WHERE remarks IS NOT NULL"  # noqa: S608
    )


def downgrade() -> None:
    pass
