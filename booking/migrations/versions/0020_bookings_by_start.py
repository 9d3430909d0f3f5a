"""Bookings by start: an index for the coordinator's list of everybody's bookings."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns = ["starts_at", "id", "status", "outcome", "occurrence_id"]
    op.create_index("ix_booking_starts_at", "booking", columns, unique=False)
