"""A store of an organisation that has grown: 100,000 people, and a million bookings over five years."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, text

from bench import fill, growth

WEEKS = 260
DAYS, HOURS = 5, 8  # of a week, and of each of its days
TEAMS, TEAM = 5, 5  # clinics at one time, and analysts in each
QUARTERS = 4 * TEAM  # of one clinic, all booked
MEMBERS = 99_000


def filled(engine: Engine, now: datetime) -> growth.Asked:
    """The store of `growth` with its clinics of the coming weeks, and 1,040,000 bookings before `now`."""
    asked = growth.fill_database(engine, 0, now)
    first_member = asked.guest_ids[-1] + 1
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    with engine.begin() as connection:
        series_id = fill.series(connection, "past", "clinic", "Past Member Clinic", "MO", 13, now)
        people = fill.people(connection, TEAMS * TEAM, "analyst", now, first=5000)
        analysts = [int(str(one["id"])) for one in people]
        number = 0
        for week in range(WEEKS):
            hours: list[growth.Hour] = []
            for day in range(DAYS):
                for hour in range(HOURS):
                    at = monday - timedelta(weeks=week) + timedelta(days=day, hours=hour)
                    for team in range(TEAMS):
                        members = [first_member + (number + n) * 7919 % MEMBERS for n in range(QUARTERS)]
                        number += QUARTERS
                        hours.append((at, analysts[team * TEAM : (team + 1) * TEAM], members))
            growth.add_hours(connection, series_id, [one for one in hours if one[0] < now], now)
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    return asked
