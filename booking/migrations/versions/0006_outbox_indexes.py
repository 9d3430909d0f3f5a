"""An index for each way in which letters are looked up, none for those that are not."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PARTIAL = {
    "ix_letter_sent": (["sent_at", "id"], "sent_at IS NOT NULL"),
    "ix_letter_failed": (["failed_at", "id"], "failed_at IS NOT NULL"),
    "ix_letter_failing": (["created_at"], "name = 'letters-failing'"),
}


def upgrade() -> None:
    op.drop_index("ix_letter_created_at", table_name="letter")
    for name, (columns, where) in PARTIAL.items():
        op.create_index(
            name, "letter", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where), unique=False
        )
