"""The looks of the Check step, kept in the project, and what the classroom says of them."""

import numpy as np

from gazeclass.calibration.check import CheckResult, check_result
from gazeclass.calibration.classroom import CheckEntry, load_classroom, save_classroom
from gazeclass.calibration.notes import Check, CheckReading
from gazeclass.calibration.project import CLASSROOM, Project
from gazeclass.calibration.step_facts import keys


def check_entry(project: Project) -> CheckEntry | None:
    """What the classroom says of its check: skipped, its figures, or nothing while it is open or stale."""
    notes = project.notes()
    if notes.check is not None and notes.check.readings and notes.check.world_key == keys(project).world:
        found = check_result(notes.check.readings)
        if not np.isfinite(found.median_m):
            return CheckEntry(looks=len(found.looks))
        return CheckEntry(
            looks=len(found.looks),
            median_error_m=found.median_m,
            median_error_deg=found.median_deg,
            position_part_m=found.total.position_m,
            pose_part_m=found.total.pose_m if np.isfinite(found.total.pose_m) else None,
        )
    return CheckEntry(skipped=True) if "check" in notes.skipped else None


def record_check(project: Project) -> None:
    """Write the check's outcome into ``classroom.toml``; nothing else of it changes.

    Raises:
        InputError: there is no classroom yet, or it cannot be written.
    """
    path = project.folder / CLASSROOM
    classroom, entry = load_classroom(path), check_entry(project)
    if classroom.check != entry:
        save_classroom(classroom.model_copy(update={"check": entry}), path)


def keep_look(project: Project, reading: CheckReading) -> CheckResult:
    """Add one measured look to the notes, in place of an older one of the same place and point."""
    notes, world = project.notes(), keys(project).world
    kept = notes.check.readings if notes.check is not None and notes.check.world_key == world else ()
    kept = tuple(r for r in kept if (r.place, r.point) != (reading.place, reading.point))
    check = Check(world_key=world, readings=(*kept, reading))
    project.change(check=check, skipped=tuple(s for s in notes.skipped if s != "check"))
    return check_result(check.readings)
