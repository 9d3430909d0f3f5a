"""The data folder of a new organisation: its name, the usual kinds and rules, no programme, and one as an example."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from booking import resources

COPIED = ("kinds.yaml", "policy.yaml", "closed-days.yaml")
EXAMPLES = "examples"  # beside the programme files; files.in_folder does not look into it


def write(folder: Path, name: str, short_name: str, zone: str) -> None:
    """Make `folder`, which must not exist, from what is shipped."""
    shipped = resources.folder("data")
    folder.mkdir()
    for file in COPIED:
        shutil.copyfile(shipped / file, folder / file)
    own = {"name": name, "short_name": short_name, "zone": zone}
    lines = (shipped / "organisation.yaml").read_text(encoding="utf-8").splitlines()
    written = [_stated(word, own[word]) if (word := line.partition(":")[0]) in own else line for line in lines]
    (folder / "organisation.yaml").write_text("\n".join(written) + "\n", encoding="utf-8")
    examples = folder / "programme" / EXAMPLES
    examples.mkdir(parents=True)
    for example in sorted((shipped / "programme").glob("*.yaml")):
        shutil.copyfile(example, examples / example.name)


def _stated(word: str, value: str) -> str:
    """A line of YAML: JSON's texts are YAML's too, whatever is in them."""
    return f"{word}: {json.dumps(value, ensure_ascii=False)}"


def initials(name: str) -> str:
    """A short name to propose: the capitals of the name's words, or the one word that it is."""
    words = name.split()
    return "".join(word[0].upper() for word in words if word[0].isalnum()) if len(words) > 1 else name
