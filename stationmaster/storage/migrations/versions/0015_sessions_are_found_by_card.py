"""Sessions are found by card, whatever its case"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("token_key", sa.Text(), nullable=True))
    op.execute("UPDATE sessions SET token_key = upper(trim(token)) WHERE token IS NOT NULL")
    op.drop_index("ix_sessions_token", "sessions")
    op.create_index("ix_sessions_token", "sessions", ["token_key", "id"])


def downgrade() -> None:
    op.drop_index("ix_sessions_token", "sessions")
    op.create_index("ix_sessions_token", "sessions", ["token", "id"])
    op.drop_column("sessions", "token_key")
