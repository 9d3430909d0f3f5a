"""What addresses are compared by, and whether an analyst has set their own meeting link."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("email_key", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("room_url_is_own", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE person SET email_key = email")  # until now every stored address was ASCII, in lower case
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.alter_column("email_key", existing_type=sa.String(), nullable=False)
        batch_op.drop_constraint(batch_op.f("uq_person_email"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_person_email_key"), ["email_key"])
