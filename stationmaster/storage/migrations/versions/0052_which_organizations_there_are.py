"""Which organizations there are"""

from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE VIEW organization_ids AS SELECT id, closed_at FROM organizations")


def downgrade() -> None:
    op.execute("DROP VIEW organization_ids")
