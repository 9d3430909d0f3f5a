"""Zone names: those that browsers send, old ones too, and the ones that the profile offers."""

from __future__ import annotations

import pytest
import pytz

from booking.domain import zones

#: Names that Chromium's Intl still uses for zones that have newer ones.
CHROMIUM = {
    "Africa/Asmera": "Africa/Asmara",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Catamarca": "America/Argentina/Catamarca",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Cordoba": "America/Argentina/Cordoba",
    "America/Godthab": "America/Nuuk",
    "America/Indianapolis": "America/Indiana/Indianapolis",
    "America/Jujuy": "America/Argentina/Jujuy",
    "America/Louisville": "America/Kentucky/Louisville",
    "America/Mendoza": "America/Argentina/Mendoza",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh",
    "Atlantic/Faeroe": "Atlantic/Faroe",
    "Europe/Kiev": "Europe/Kyiv",
    "Pacific/Enderbury": "Pacific/Kanton",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
}
#: Zone names of the data that name no place of today: nobody is shown such a time as theirs.
NO_PLACE = {"UTC", "UCT", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich", "Universal", "Zulu"}


def offered() -> set[str]:
    return {name for _group, found in zones.choices() for name, _words in found}


@pytest.mark.parametrize(("old", "current"), CHROMIUM.items())
def test_a_browsers_old_name_is_todays(old: str, current: str) -> None:
    assert zones.of_browser(old) == zones.named(old) == current
    assert current in offered()


def test_every_name_of_the_data_is_one_that_is_offered_or_no_place() -> None:
    for name in pytz.all_timezones:
        found = zones.of_browser(name)
        if name in NO_PLACE or name.startswith("Etc/"):
            assert found is None, name
        else:
            assert found in offered(), name
            assert zones.of_browser(found) == found


@pytest.mark.parametrize("text", ["", "Mars/Base", "Perth", "\x00", "Asia/", "x" * 5000, "Asia/Kolkata;", "../etc"])
def test_what_no_browser_says_is_unknown(text: str) -> None:
    assert zones.of_browser(text) is None


@pytest.mark.parametrize("stored", ["Australia/Perth", "Etc/GMT-10", "UTC", "Asia/Calcutta"])
def test_the_chosen_zone_is_always_among_the_choices(stored: str) -> None:
    chosen = zones.current_name(stored)
    assert chosen in {name for _group, found in zones.choices(chosen) for name, _words in found}


def test_a_current_name_stays_and_a_neighbour_is_not_put_in_its_place() -> None:
    for name in ("Europe/Amsterdam", "Europe/Oslo", "Australia/Brisbane", "Atlantic/Reykjavik", "Asia/Kuala_Lumpur"):
        assert zones.current_name(name) == name
