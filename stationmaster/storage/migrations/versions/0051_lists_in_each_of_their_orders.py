"""Lists in each of their orders"""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

LISTED = (
    ("ix_sites_name", "sites", "lower(name)"),
    ("ix_sites_city", "sites", "lower(city)"),
    ("ix_sites_updated", "sites", "updated_at"),
    ("ix_stations_name", "stations", "lower(name)"),
    ("ix_stations_manufacturer", "stations", "lower(manufacturer)"),
    ("ix_stations_updated", "stations", "updated_at"),
    ("ix_tokens_label", "tokens", "lower(label)"),
    ("ix_tokens_group", "tokens", 'lower("group")'),
    ("ix_tokens_expires", "tokens", "expires_at"),
    ("ix_tokens_updated", "tokens", "updated_at"),
    ("ix_customers_email", "customers", "lower(email)"),
    ("ix_customers_updated", "customers", "updated_at"),
    ("ix_vehicles_make", "vehicles", "lower(make)"),
    ("ix_vehicles_model", "vehicles", "lower(model)"),
    ("ix_vehicles_plate", "vehicles", "plate"),
    ("ix_vehicles_updated", "vehicles", "updated_at"),
)
OF_SESSIONS = (
    ("ix_sessions_energy", ["energy_wh", "id"], "energy_wh IS NOT NULL"),
    ("ix_sessions_stopped", ["stopped_at", "id"], "stopped_at IS NOT NULL"),
    ("ix_sessions_unusual", ["status", "id"], "status NOT IN ('active', 'completed')"),
    ("ix_sessions_excluded", ["id"], "excluded"),
)


def upgrade() -> None:
    for name, table, column in LISTED:
        op.create_index(name, table, ["organization_id", sa.text(column), "id"])
    op.create_index("ix_stations_identity", "stations", ["identity", "id"])
    for name, columns, only in OF_SESSIONS:
        op.create_index(name, "sessions", columns, sqlite_where=sa.text(only), postgresql_where=sa.text(only))


def downgrade() -> None:
    for name, _, _ in reversed(OF_SESSIONS):
        op.drop_index(name, "sessions")
    op.drop_index("ix_stations_identity", "stations")
    for name, table, _ in reversed(LISTED):
        op.drop_index(name, table)
