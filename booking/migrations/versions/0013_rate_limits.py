"""What limits count is a row for each address and network, so that it can be locked."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rate_limit",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("hits", sa.JSON(), nullable=False),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "key", name=op.f("pk_rate_limit")),
    )
    with op.batch_alter_table("rate_limit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rate_limit_over_at"), ["over_at"], unique=False)

    op.drop_index("ix_sign_in_sender", table_name="sign_in")
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_column("sender")
