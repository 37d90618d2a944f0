from __future__ import annotations

import re
import tomllib

from tests.house.repository import ROOT


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    lines = [line for group in groups for line in group]
    return {re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0] for line in lines}


def test_each_dependency_has_its_reason() -> None:
    text = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text()
    assert set(re.findall(r"^- `([\w.-]+)`: \S", text, re.MULTILINE)) == declared()


def test_the_lock_holds_each_dependency_with_hashes_and_names_no_host() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    locked = dict(re.findall(r"^([a-z0-9.-]+)==\S+.*((?:\n    --hash=\S+.*)*)", lock, re.MULTILINE))
    assert declared() <= set(locked)
    assert all("--hash=sha256:" in hashes for hashes in locked.values())
    assert not re.search(r"://|--index-url|--find-links|@ file", lock)
