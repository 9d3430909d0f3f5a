"""Refuse new template lines that are longer than LIMIT: `python -m tests.template_lines`, a part of `make check`.

Templates were written without a limit, and many of their lines are longer. LONG_LINES says how many there may be,
and only goes down: break new lines, and lower it when you break old ones.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 160  # characters
LONG_LINES = 400


def long_lines(templates: Path) -> list[str]:
    """Every line over the limit, as path:line: length."""
    return [
        f"{path.relative_to(templates.parent)}:{number}: {len(line)} characters"
        for path in sorted(templates.rglob("*"))
        if path.is_file()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LIMIT
    ]


def uncommitted() -> Iterator[str]:
    """The lines over the limit that are not committed yet, without their indent."""
    command = ["git", "-C", str(ROOT), "diff", "-U0", "HEAD", "--", "templates"]
    for line in subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines():
        if line.startswith("+") and not line.startswith("+++") and len(line) > LIMIT + 1:
            yield line[1:].strip()


def main() -> int:
    found = long_lines(ROOT / "templates")
    if len(found) <= LONG_LINES:
        return 0
    print(f"templates have {len(found)} lines over {LIMIT} characters, and {LONG_LINES} at most: break the new ones")
    print("\n".join(list(uncommitted()) or found))
    return 1


if __name__ == "__main__":
    sys.exit(main())
