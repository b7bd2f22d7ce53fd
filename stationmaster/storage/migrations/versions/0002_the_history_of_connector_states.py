"""The history of connector states"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connector_states",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("evse", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("since", columns.UtcTime(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connector_states")),
    )
    with op.batch_alter_table("connector_states", schema=None) as batch_op:
        batch_op.create_index("ix_connector_states_place", ["station_id", "evse", "number", "since"], unique=False)

    with op.batch_alter_table("connectors", schema=None) as batch_op:
        batch_op.add_column(sa.Column("state", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("since", columns.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("late_at", columns.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("late_by_s", sa.Integer(), nullable=True))

    # What is known begins the history: the status that holds, since it was told last.
    op.execute(
        "UPDATE connectors SET since = status_at, state = CASE status"
        " WHEN 'Available' THEN 'available' WHEN 'Preparing' THEN 'preparing' WHEN 'Charging' THEN 'charging'"
        " WHEN 'SuspendedEV' THEN 'suspended_ev' WHEN 'SuspendedEVSE' THEN 'suspended_evse'"
        " WHEN 'Finishing' THEN 'finishing' WHEN 'Reserved' THEN 'reserved' WHEN 'Unavailable' THEN 'unavailable'"
        " WHEN 'Faulted' THEN 'faulted' ELSE 'unknown' END"
    )
    op.execute(
        "INSERT INTO connector_states (station_id, evse, number, since, state, status, error_code)"
        " SELECT station_id, evse, number, since, state, status, error_code FROM connectors"
    )
    with op.batch_alter_table("connectors", schema=None) as batch_op:
        batch_op.alter_column("state", existing_type=sa.Text(), nullable=False)
        batch_op.alter_column("since", existing_type=columns.UtcTime(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("connectors", schema=None) as batch_op:
        batch_op.drop_column("late_by_s")
        batch_op.drop_column("late_at")
        batch_op.drop_column("since")
        batch_op.drop_column("state")
    op.drop_table("connector_states")
