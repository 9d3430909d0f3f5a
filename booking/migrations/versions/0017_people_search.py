"""An index that a search by any part of a name or address reads instead of the people themselves."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_person_name", table_name="person")
    op.create_index("ix_person_name", "person", ["name", "id", "email_key"])
