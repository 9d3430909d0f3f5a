"""People by name: the index of the search also holds what lists are narrowed by."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_person_name", table_name="person")
    columns = ["name", "id", "email_key", "member_until", "closed_at"]
    op.create_index("ix_person_name", "person", columns, unique=False)
