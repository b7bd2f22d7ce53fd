"""Hosts of sites"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_hosts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("percent", columns.Exact(4), nullable=False),
        sa.Column("valid_from", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_site_hosts_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_site_hosts_site_id_sites")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_hosts")),
    )
    with op.batch_alter_table("site_hosts", schema=None) as batch_op:
        batch_op.create_index("ix_site_hosts_site", ["site_id", "id"], unique=False)

    op.add_column("bills", sa.Column("host_percent", columns.Exact(4), nullable=True))


def downgrade() -> None:
    op.drop_column("bills", "host_percent")

    with op.batch_alter_table("site_hosts", schema=None) as batch_op:
        batch_op.drop_index("ix_site_hosts_site")

    op.drop_table("site_hosts")
