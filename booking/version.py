"""The version of this copy of the package, from the one place that knows it: git, or what a build wrote down.

A build (`python -m build`) asks `current()` by way of pyproject.toml, so that a wheel says what its checkout says.
Only the standard library is used, because the build has nothing else.
"""

from __future__ import annotations

import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

FIRST = "0.1"  # before the first tag; from then on the newest tag, such as v1.2, takes its place
UNKNOWN = f"{FIRST}.0+unknown"
SHIPPED = ("booking", "templates", "data", "docs", "pyproject.toml")
ROOT = Path(__file__).resolve().parent.parent


@cache
def current() -> str:
    """The version (PEP 440) of the running copy: a checkout, an unpacked sdist or an installed wheel."""
    return of_tree(ROOT) or _installed()


def of_tree(root: Path) -> str | None:
    """Returns the version of the checkout or unpacked sdist in `root`; None if it is neither.

    The third number counts commits since the tag, so each commit is newer than those it stands on. What is not
    committed adds the time of the last change to a file, and a shallow clone, where nothing can be counted, the
    time of its commit.
    """
    if (root / ".git").exists():
        return _of_git(root)
    if (root / "PKG-INFO").is_file():
        lines = (root / "PKG-INFO").read_text(encoding="utf-8").splitlines()
        return next((line.removeprefix("Version: ") for line in lines if line.startswith("Version: ")), None)
    return None


def _of_git(root: Path) -> str | None:
    try:
        if _git(root, "rev-parse", "--is-shallow-repository") == "true":
            return f"{FIRST}.0+shallow.{_git(root, 'log', '-1', '--format=%ct')}"
        released, commits = _since_tag(root)
        # -z: names as they are, each after its two letters of state; a renamed file's old name comes without them
        changed = [
            name[3:]
            for name in _git(root, "status", "--porcelain", "-z", "--", *SHIPPED).split("\0")
            if name[2:3] == " "
        ]
    except (OSError, subprocess.SubprocessError):
        return None
    if not changed:
        return f"{released}.{commits}"
    times = [path.stat().st_mtime_ns // 1000 for name in changed if (path := root / name).exists()]
    return f"{released}.{commits}+changed.{max(times, default=0)}"


def _since_tag(root: Path) -> tuple[str, str]:
    """The newest release that this commit stands on, and the number of commits since."""
    try:
        described = _git(root, "describe", "--tags", "--long", "--match", "v[0-9]*.[0-9]*", "--exclude", "*-*")
    except subprocess.CalledProcessError:
        return FIRST, _git(root, "rev-list", "--count", "HEAD")
    tag, commits, _commit = described.rsplit("-", 2)
    return ".".join(tag.removeprefix("v").split(".")[:2]), commits


def _git(root: Path, *arguments: str) -> str:
    # a checkout may belong to somebody else than who builds from it, as in a container
    command = ["git", "--no-optional-locks", "-c", "safe.directory=*", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.rstrip("\n")


def _installed() -> str:
    try:
        return metadata.version("booking")
    except metadata.PackageNotFoundError:
        return UNKNOWN
