"""A folder that is written as a whole: beside its place first, then renamed, never half."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FolderRefused(Exception):
    """Say in one sentence why a folder is not written to, and what to do."""


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Give a folder to write to, for its owner alone; it is at the path when all went well.

    Raises: FolderRefused where something stands at the path, or it cannot be written to.
    """
    place = path.absolute()
    _refuse_taken(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    except OSError as error:
        raise FolderRefused(
            f"{path} cannot be written ({error.strerror}): name another place"
        ) from error
    try:
        yield beside
        _refuse_taken(place)
        try:
            beside.rename(place)  # takes the place of an empty folder
        except OSError as error:
            raise FolderRefused(
                f"{path} cannot be written ({error.strerror}): name another place"
            ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _refuse_taken(place: Path) -> None:
    if place.is_dir() and not any(place.iterdir()):
        return
    if place.exists() or place.is_symlink():
        raise FolderRefused(f"{place} is there already: name a new folder or an empty one")
