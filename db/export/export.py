"""Exporting a study: all of it into a new folder, or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from db.export.cbioportal import write_cbioportal
from db.export.forms import write_forms
from db.export.viewing import Viewing, viewing
from db.form.folder import writing
from db.pool import Pool
from db.viewer import Viewer

Writer = Callable[[Viewing, Path, str, str], Awaitable[dict[str, int]]]
WRITERS: Mapping[str, Writer] = {"cbioportal": write_cbioportal, "csv": write_forms}


async def export(pool: Pool, viewer: Viewer, study: str, form: str, path: Path) -> dict[str, int]:
    """Write a study as its viewer may read it; count the rows of each file.

    Raises: ExportRefused, FolderRefused, TimedOut, Unavailable.
    """
    with writing(path) as folder:
        async with viewing(pool, viewer, study) as opened:
            return await WRITERS[form](opened, folder, viewer.role.value, viewer.scope)
