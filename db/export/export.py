"""Exporting a study: all of it into a new folder, or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from db.export.cbioportal import write_cbioportal
from db.export.forms import write_forms
from db.export.viewing import Viewing, viewing
from db.form.folder import writing
from db.pool import Pool
from db.viewer import Viewer

Writer = Callable[[Viewing, Path, str, str], Awaitable[dict[str, int]]]
WRITERS: Mapping[str, Writer] = {"cbioportal": write_cbioportal, "csv": write_forms}
Settle = Callable[[Mapping[str, int], Sequence[int]], Awaitable[None]]
"""Audits an export: the rows of each file, and the patients by internal ids."""


async def export(
    pool: Pool, viewer: Viewer, study: str, form: str, path: Path, settle: Settle
) -> dict[str, int]:
    """Write a study as its viewer may read it; count the rows of each file.

    The folder is there when the export is in the audit. Raises: ExportRefused, FolderRefused,
    TimedOut, Unavailable.
    """
    with writing(path) as folder:
        async with viewing(pool, viewer, study) as opened:
            counts = await WRITERS[form](opened, folder, viewer.role.value, viewer.scope)
            patients = opened.told
        await settle(counts, patients)
        return counts
