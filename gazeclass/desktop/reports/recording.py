"""Single pictures of a kept recording at any time, for the review; no widget here.

A recording lies beside its lesson (``LESSON.recording``): two Matroska files and the time of every frame.
"""

from pathlib import Path
from typing import Any

import numpy as np

from gazeclass.errors import InputError
from gazeclass.lesson.documents_removal import recording_of
from gazeclass.timestamps import read_timestamps

#: A picture further than this from the time asked for is none.
_NEAR_S = 1.0
_HEIGHT_PX = 480


class RecordedPictures:
    """Pictures of both cameras by time. Not for several threads at once.

    Args:
        folder: of the recording.

    Raises:
        InputError: it cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._times = read_timestamps(folder / "timestamps.csv")
        self._paths = [folder / name for name in ("cam0.mkv", "cam1.mkv")]
        self._files: list[Any] = [None, None]
        self._decoders: list[Any] = [None, None]
        self._at_ms = [-1, -1]

    @staticmethod
    def beside(lesson: Path) -> "RecordedPictures | None":
        """Those of a lesson; None where no recording was kept, or it cannot be read."""
        folder = recording_of(lesson)
        if not (folder / "timestamps.csv").is_file():
            return None
        try:
            return RecordedPictures(folder)
        except InputError:
            return None

    def at(self, t_s: float) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Both cameras' pictures at a time, ``(h, w, 3)`` BGR, at most 480 px high; None where there is none near."""
        first, second = (self._one(camera, t_s) for camera in range(2))
        return first, second

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files:
            if file is not None:
                file.close()
        self._files = [None, None]

    def _one(self, camera: int, t_s: float) -> np.ndarray | None:
        times = self._times[camera]
        known = np.flatnonzero(np.isfinite(times))
        if not len(known):
            return None
        k = known[int(np.argmin(np.abs(times[known] - t_s)))]
        if abs(times[k] - t_s) > _NEAR_S:
            return None
        return self._decode(camera, round(float(times[k] - times[known[0]]) * 1000))

    def _decode(self, camera: int, target_ms: int) -> np.ndarray | None:
        import av
        from av.error import FFmpegError

        try:
            if self._files[camera] is None:
                self._files[camera] = av.open(str(self._paths[camera]))
                self._at_ms[camera] = 10**12
            file = self._files[camera]
            stream = file.streams.video[0]
            # On from where we are when it is a little ahead; otherwise from the key frame before.
            if not 0 <= target_ms - self._at_ms[camera] <= 3000:
                file.seek(round(target_ms / 1000 / stream.time_base), stream=stream)
                self._decoders[camera] = file.decode(stream)
            found = None
            for frame in self._decoders[camera]:
                found = frame
                self._at_ms[camera] = round(float(frame.pts * stream.time_base) * 1000)
                if self._at_ms[camera] >= target_ms - 1:
                    break
            if found is None:
                self._at_ms[camera] = 10**12
                return None
            scale = min(1.0, _HEIGHT_PX / found.height)
            size = (2 * round(found.width * scale / 2), 2 * round(found.height * scale / 2))
            picture: np.ndarray = found.reformat(*size, format="bgr24").to_ndarray()
            return picture
        except (FFmpegError, OSError, IndexError):
            return None
