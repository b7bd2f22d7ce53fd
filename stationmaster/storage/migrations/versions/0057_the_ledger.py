"""The ledger"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


_COLUMNS = {
    "ledger_accounts": "id, organization_id, kind, customer_id, name, currency, created_at",
    "ledger_transactions": "id, organization_id, key, kind, currency, at, booked_on, customer_id, session_id, description,"
    " reference, made_by",
}
"""What never changes, of the tables of which something does."""

_GOES_ON = """
    SELECT 1 FROM ledger_accounts AS account JOIN ledger_transactions AS booked ON booked.id = NEW.transaction_id
     WHERE account.id = NEW.account_id AND account.organization_id = NEW.organization_id
       AND booked.organization_id = NEW.organization_id AND booked.currency = account.currency
       AND account.last_number = NEW.number AND account.balance = NEW.balance
       AND (NEW.number = 1 AND NEW.balance = NEW.amount OR EXISTS (
         SELECT 1 FROM ledger_entries AS before WHERE before.account_id = NEW.account_id
            AND before.number = NEW.number - 1 AND before.balance + NEW.amount = NEW.balance))
"""
_ADD_UP = "UPDATE ledger_transactions SET off_by = off_by + NEW.amount WHERE id = NEW.transaction_id;"


def upgrade() -> None:
    op.create_table(
        "ledger_zero",
        sa.Column("zero", columns.Exact(3), nullable=False),
        sa.PrimaryKeyConstraint("zero", name=op.f("pk_ledger_zero")),
    )
    op.create_table(
        "ledger_accounts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("balance", columns.Exact(3), server_default="0", nullable=False),
        sa.Column(
            "last_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False
        ),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "balance >= 0 OR kind NOT IN ('wallet', 'bonus', 'held')", name=op.f("ck_ledger_accounts_limit")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_ledger_accounts_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_ledger_accounts_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_accounts")),
    )
    with op.batch_alter_table("ledger_accounts", schema=None) as batch_op:
        batch_op.create_index(
            "uq_ledger_accounts_customer",
            ["customer_id", "kind", "currency"],
            unique=True,
            sqlite_where=sa.text("customer_id IS NOT NULL"),
            postgresql_where=sa.text("customer_id IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_ledger_accounts_organization",
            ["organization_id", "kind", "name", "currency"],
            unique=True,
            sqlite_where=sa.text("customer_id IS NULL"),
            postgresql_where=sa.text("customer_id IS NULL"),
        )

    op.create_table(
        "ledger_holds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("from_bonus", columns.Exact(3), nullable=False),
        sa.Column("from_wallet", columns.Exact(3), nullable=False),
        sa.Column("opened_at", columns.UtcTime(), nullable=False),
        sa.Column("closed_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_ledger_holds_customer_id_customers")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_ledger_holds_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_ledger_holds_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_holds")),
        sa.UniqueConstraint("organization_id", "name", name=op.f("uq_ledger_holds_organization_id_name")),
    )
    with op.batch_alter_table("ledger_holds", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_holds_customer",
            ["customer_id"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(
            "ix_ledger_holds_session",
            ["session_id"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "ledger_transactions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("at", columns.UtcTime(), nullable=False),
        sa.Column("booked_on", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=True),
        sa.Column("off_by", columns.Exact(3), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_ledger_transactions_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["off_by"],
            ["ledger_zero.zero"],
            name=op.f("fk_ledger_transactions_off_by_ledger_zero"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_ledger_transactions_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_ledger_transactions_session_id_sessions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transactions")),
        sa.UniqueConstraint("organization_id", "key", name=op.f("uq_ledger_transactions_organization_id_key")),
    )
    with op.batch_alter_table("ledger_transactions", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_transactions_booked_on", ["organization_id", "booked_on"], unique=False)
        batch_op.create_index(
            "ix_ledger_transactions_session",
            ["session_id"],
            unique=False,
            sqlite_where=sa.text("session_id IS NOT NULL"),
            postgresql_where=sa.text("session_id IS NOT NULL"),
        )

    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount", columns.Exact(3), nullable=False),
        sa.Column("balance", columns.Exact(3), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_accounts.id"], name=op.f("fk_ledger_entries_account_id_ledger_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_ledger_entries_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transactions.id"],
            name=op.f("fk_ledger_entries_transaction_id_ledger_transactions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("account_id", "number", name=op.f("uq_ledger_entries_account_id_number")),
    )
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entries_account", ["account_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entries_transaction_id"), ["transaction_id"], unique=False)

    op.execute("INSERT INTO ledger_zero (zero) VALUES (0)")
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    def refuse(name: str, when: str, why: str, condition: str = "") -> None:
        op.execute(f"CREATE TRIGGER {name} BEFORE {when} {condition} BEGIN SELECT RAISE(ABORT, '{why}'); END")

    refuse("ledger_entries_kept", "UPDATE ON ledger_entries", "entries of the ledger stay as they are")
    for table in ("ledger_entries", "ledger_transactions", "ledger_accounts"):
        refuse(f"{table}_stay", f"DELETE ON {table}", "what is in the ledger stays there")
    for table, fixed in _COLUMNS.items():
        refuse(f"{table}_kept", f"UPDATE OF {fixed} ON {table}", "what is in the ledger stays as it is")
    why = "the entry does not go on from its account"
    refuse("ledger_entries_go_on", "INSERT ON ledger_entries", why, f"WHEN NOT EXISTS ({_GOES_ON})")
    op.execute(f"CREATE TRIGGER ledger_entries_add_up AFTER INSERT ON ledger_entries BEGIN {_ADD_UP} END")


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION stays_as_it_is() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION '% stays as it is', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE FUNCTION ledger_entry_is_in() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF NOT EXISTS ({_GOES_ON}) THEN RAISE EXCEPTION 'the entry does not go on from its account'"
        f" USING ERRCODE = 'check_violation'; END IF; {_ADD_UP} RETURN NEW; END $$"
    )
    for table in ("ledger_entries", "ledger_transactions", "ledger_accounts"):
        fixed = _COLUMNS.get(table)
        changed = "UPDATE" if fixed is None else f"UPDATE OF {fixed}"
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE DELETE OR {changed} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION stays_as_it_is()"
        )
    op.execute(
        "CREATE TRIGGER ledger_entries_go_on BEFORE INSERT ON ledger_entries"
        " FOR EACH ROW EXECUTE FUNCTION ledger_entry_is_in()"
    )


def downgrade() -> None:
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_entries_transaction_id"))
        batch_op.drop_index("ix_ledger_entries_account")

    op.drop_table("ledger_entries")
    with op.batch_alter_table("ledger_transactions", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_ledger_transactions_session",
            sqlite_where=sa.text("session_id IS NOT NULL"),
            postgresql_where=sa.text("session_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_ledger_transactions_booked_on")

    op.drop_table("ledger_transactions")
    with op.batch_alter_table("ledger_holds", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_ledger_holds_session",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_ledger_holds_customer",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.drop_table("ledger_holds")
    with op.batch_alter_table("ledger_accounts", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_ledger_accounts_organization",
            sqlite_where=sa.text("customer_id IS NULL"),
            postgresql_where=sa.text("customer_id IS NULL"),
        )
        batch_op.drop_index(
            "uq_ledger_accounts_customer",
            sqlite_where=sa.text("customer_id IS NOT NULL"),
            postgresql_where=sa.text("customer_id IS NOT NULL"),
        )

    op.drop_table("ledger_accounts")
    op.drop_table("ledger_zero")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION stays_as_it_is, ledger_entry_is_in")
