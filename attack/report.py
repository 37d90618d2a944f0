"""The report: a table for people, and one JSON file with every trial."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from attack.trial import OURS

PATH: Final = Path(__file__).resolve().parent.parent / "reports" / "attack.json"
BROKEN: Final = "hide below 5, our groups"
"""What this attacker must break, by giving away at least half of the patients."""


def failures(trials: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name what is not as it must be: ours broken, or what everyone breaks not."""
    found: list[str] = []
    for trial in trials:
        where = f"seed {trial['seed']} of {trial['units']} treatments"
        for name, policy in trial["policies"].items():
            if name == OURS:
                found += [f"{where}, {name}: {what}" for what in _broken(policy)]
        usual = trial["policies"][BROKEN]["certain"]
        if 2 * usual < trial["units"]:
            found.append(f"{where}: the attacker found only {usual} under {BROKEN!r}")
    return found


def _broken(policy: Mapping[str, Any]) -> list[str]:
    found = []
    if policy["certain"] or policy["certain_by_pairs"]:
        found.append(f"{policy['certain']} certain to everybody")
    insiders = {name: many for name, many in policy["certain_to_hospitals"].items() if many}
    if insiders:
        found.append(f"certain to hospitals: {insiders}")
    return found


def table(trial: Mapping[str, Any]) -> str:
    """Write a trial for people."""
    lines = [
        f"seed {trial['seed']}: {trial['units']} treatments, {trial['hospitals']} hospitals, "
        f"releases of {', '.join(str(each) for each in trial['releases'])}; "
        f"{trial['requests']} requests",
        f"{'policy':36}{'counts':>8}{'exact':>7}{'certain':>9}{'resp.':>7}{'ben.':>6}"
        f"{'worst insider':>15}{'readers':>9}{'pairs':>7}{'open':>6}{'groups':>8}{'cohorts':>9}"
        f"{'s':>8}",
    ]
    for name, policy in trial["policies"].items():
        inside = policy["certain_to_hospitals"]
        readers = policy["added_to_readers"]
        lines.append(
            f"{name:36}{policy['answers']:>8}{policy['exact']:>7}{policy['certain']:>9}"
            f"{policy['certain_response']:>7}{policy['certain_benefit']:>6}"
            f"{max(inside.values()) if inside else '-':>15}"
            f"{max(readers.values()) if readers else '-':>9}"
            f"{policy['certain_by_pairs']:>7}{policy['undecided']:>6}"
            f"{policy['groups_told']:>8.2f}{policy['cohorts_told']:>9.2f}{policy['seconds']:>8.1f}"
        )
    for name, after in trial["noise"].items():
        told = ", ".join(f"{share:.2f} after {many}" for many, share in after.items())
        lines.append(f"{name:36}accuracy of responses {told}")
    absent = trial["missing"]
    lines.append(
        f"withheld although large enough: {absent['withheld_though_large']} counts; tried "
        f"{absent['tried']}, of them {absent['telling']} whose absence tells by the rules, at most "
        f"{absent['likelihood_ratio_at_most']} to 1; without the key it would make "
        f"{absent['certain_if_there_were_no_key']} certain"
    )
    return "\n".join(lines)


def note(trials: Sequence[Mapping[str, Any]], path: Path = PATH) -> None:
    """Write trials with when and on what; those of other sizes stay."""
    there = json.loads(path.read_text("utf-8")) if path.exists() else {}
    about = {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
    }
    for trial in trials:
        there[f"{trial['treated']} treated, seed {trial['seed']}"] = {**about, **trial}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(there, indent=2, sort_keys=True) + "\n", "utf-8")
