"""Acceptable starts of those who wait, the booking that a slot would replace, and two emails that were one."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("waiting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("earliest_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("latest_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("replaces_id", ID, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_waiting_replaces_id"), "booking", ["replaces_id"], ["id"], ondelete="SET NULL"
        )
        batch_op.create_index(batch_op.f("ix_waiting_replaces_id"), ["replaces_id"], unique=False)
    _name_unsent_emails()


def _name_unsent_emails() -> None:
    """Give emails about offers that wait to be sent the name and the facts that their templates ask for now."""
    email = sa.table("letter", sa.column("id"), sa.column("name"), sa.column("facts", sa.JSON()), sa.column("sent_at"))
    connection = op.get_bind()
    unsent = sa.select(email.c.id, email.c.name, email.c.facts).where(
        email.c.name.in_(("offer", "offer-lapsed")), email.c.sent_at.is_(None)
    )
    for row in connection.execute(unsent).all():
        facts = row.facts if isinstance(row.facts, dict) else json.loads(row.facts)
        name = "last-hour-call" if "lines" in facts else row.name
        if name == "offer":
            facts = {"has_next": False, "replaces": False, **facts}
        elif name == "offer-lapsed":
            facts = {"became": "over", **facts}
        connection.execute(email.update().where(email.c.id == row.id).values(name=name, facts=facts))
