"""How many faces each camera showed: one that shows few is told, a recording without any is no lesson."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gazeclass.capture.pairs import FramePair
from gazeclass.errors import InputError
from gazeclass.lesson.pipeline import Look
from gazeclass.upright import upright

#: A camera that shows less than this share of the faces the other shows is looked at again.
FAR_FEWER = 0.34
#: Counts faces in a picture.
CountFaces = Callable[[np.ndarray], int]


@dataclass
class FaceTally:
    """Counts faces over a recording.

    Attributes:
        pairs: looked at.
        faces: of camera 0 and 1, over all of them.
        count_faces: how faces are counted in a picture turned upside down; None for the program's detector.
    """

    pairs: int = 0
    faces: tuple[int, int] = (0, 0)
    count_faces: CountFaces | None = None
    _pictures: tuple[np.ndarray, np.ndarray] | None = field(default=None, init=False, repr=False)

    def add(self, pair: FramePair, look: Look) -> None:
        """Take in what came of one pair."""
        self.pairs += 1
        self.faces = (self.faces[0] + len(look.tracks[0]), self.faces[1] + len(look.tracks[1]))
        if self.pairs <= 2:  # the first may be of somebody who is just switching the camera on
            self._pictures = pair.images

    def warning(self, students: int) -> str:
        """What to tell the user, "" while all is well.

        Args:
            students: who were recognised.

        Raises:
            InputError: no camera shows a face, or one is upside down.
        """
        for camera in (0, 1):
            here, there = self.faces[camera], self.faces[1 - camera]
            if here and here >= FAR_FEWER * there:
                continue
            turned = self._upside_down(camera)
            if turned:
                raise InputError(
                    "the pictures are upside down",
                    where=f"cam{camera}",
                    todo="Record as the camera was calibrated, the right way up.",
                )
            if not here and not there:
                raise InputError(
                    f"not one face was found in {self.pairs} pictures of either camera",
                    todo="Check that the recording is bright and sharp and shows the class from the front.",
                )
            return (
                f"cam{camera} shows {here / self.pairs:.1f} faces in a picture, the other camera "
                f"{there / self.pairs:.1f}: is it dark, blurred or turned away?"
            )
        if not students:
            shown = " and ".join(f"{count / self.pairs:.1f}" for count in self.faces)
            return (
                f"faces were found ({shown} in a picture), but nobody was recognised: is the recording long enough, "
                "and are these the portraits of this class?"
            )
        return ""

    def _upside_down(self, camera: int) -> bool:
        """Whether the picture shows clearly more faces when it is turned over."""
        if self._pictures is None:
            return False
        picture, count = self._pictures[camera], self.count_faces or _face_counter()
        return count(upright(picture, 180)) >= 2 + 2 * count(picture)


def _face_counter() -> CountFaces:
    from gazeclass.faces.mtcnn import MtcnnDetector

    detector = MtcnnDetector()
    return lambda picture: len(detector.detect(picture))
