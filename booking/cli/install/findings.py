"""Findings of `booking doctor`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InstallationFinding:
    """One thing that was looked at. `remedy` says what to do, empty where all is well."""

    what: str
    remedy: str = ""

    @property
    def is_well(self) -> bool:
        return not self.remedy
