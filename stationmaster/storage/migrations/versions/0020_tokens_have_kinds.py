"""Tokens have kinds"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

LIVING = sa.text("deleted_at IS NULL")


def upgrade() -> None:
    op.add_column("tokens", sa.Column("kind", sa.Text(), nullable=False, server_default=sa.text("''")))
    _index("organization_id", "uid_key", "kind")


def downgrade() -> None:
    _index("organization_id", "uid_key")
    op.drop_column("tokens", "kind")


def _index(*columns: str) -> None:
    op.drop_index("uq_tokens_uid_key", table_name="tokens")
    op.create_index(
        "uq_tokens_uid_key", "tokens", list(columns), unique=True, sqlite_where=LIVING, postgresql_where=LIVING
    )
