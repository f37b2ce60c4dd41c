"""Are these the cameras the classroom was calibrated with, on the right sides?

Only devices are compared here. Whether the *pictures* fit the calibration is for the faces to say
(``gazeclass.lesson.consistency``): a camera that was moved, or two mounted the other way round, keep their devices.
"""

from gazeclass.errors import InputError


def check_devices(expected: tuple[str, str], found: tuple[str, str], names: tuple[str, str]) -> list[tuple[int, str]]:
    """Compare devices by their identity.

    Args:
        expected: ``CameraEntry.device`` of the classroom; "" where it says nothing.
        found: of the cameras that were opened; "" where nobody knows (a file).
        names: of the opened cameras, for the sentences.

    Returns:
        For each camera that is another than expected its number and a warning.

    Raises:
        InputError: the two are exchanged, or are one device.
    """
    if found[0] and found[0] == found[1]:
        raise InputError("one camera is given for both sides", where=names[0], todo="Give two different cameras.")
    if all(expected) and all(found) and found == (expected[1], expected[0]) and found != expected:
        raise InputError(
            "the two cameras are exchanged: each is the one the classroom has on the other side",
            where=f"{names[0]}, {names[1]}",
            todo="Exchange left and right.",
        )
    return [
        (camera, f"{names[camera]}: this is not the camera the classroom was calibrated with; calibrate again")
        for camera in (0, 1)
        if expected[camera] and found[camera] and expected[camera] != found[camera]
    ]
