"""The blueprint that the coordinator's pages of the programme share."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("coordinator", __name__, url_prefix="/coordinator")
