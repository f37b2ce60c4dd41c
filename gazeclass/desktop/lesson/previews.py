"""Small pictures of both cameras for the window, made on a thread of their own and only while somebody looks."""

import threading
import time
from collections.abc import Callable

from gazeclass.capture.pairs import Image
from gazeclass.capture.stream import LiveFrame, bgr
from gazeclass.lesson.live_picture import safe_picture
from gazeclass.lesson.live_status import Moment

#: Pictures a second and their width.
RATE_HZ, WIDTH_PX = 10.0, 320


class Previews:
    """Keeps the latest safe picture of each camera.

    Args:
        latest: gives a camera's newest frame.
        moment: gives the latest analysed pair, for whom may be seen and where.
        consented: whether anybody may be seen at all; without, everything is blurred.
    """

    def __init__(
        self, latest: Callable[[int], LiveFrame | None], moment: Callable[[], Moment | None], *, consented: bool
    ) -> None:
        self._latest, self._moment, self._consented = latest, moment, consented
        self._wanted = threading.Event()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._pictures: list[Image | None] = [None, None]
        self.made = 0
        self._thread = threading.Thread(target=self._run, name="gazeclass-previews", daemon=True)
        self._thread.start()

    def want(self, wanted: bool) -> None:
        """Whether somebody looks."""
        self._wanted.set() if wanted else self._wanted.clear()

    def picture(self, camera: int) -> Image | None:
        """The latest; None before the first."""
        with self._lock:
            return self._pictures[camera]

    def close(self) -> None:
        """Stop."""
        self._stop.set()
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        shown: list[LiveFrame | None] = [None, None]
        while not self._stop.is_set():
            self._wanted.wait()
            start = time.monotonic()
            for camera in (0, 1):
                frame = self._latest(camera)
                if frame is not None and frame is not shown[camera]:
                    shown[camera] = frame
                    self._make(camera, frame)
            self._stop.wait(max(0.01, 1.0 / RATE_HZ - (time.monotonic() - start)))

    def _make(self, camera: int, frame: LiveFrame) -> None:
        moment = self._moment()
        boxes = [face.box_px for face in moment.faces[camera].values()] if moment and self._consented else []
        width, _ = frame.size_px
        if getattr(frame.picture, "rotation", 0):
            image = frame.image
        else:  # half the size is enough to look at, and four times cheaper to convert
            image = bgr(frame.picture.reformat(width=frame.picture.width // 2, height=frame.picture.height // 2))
        factor = image.shape[1] / width
        made = safe_picture(image, [box * factor for box in boxes], WIDTH_PX)
        with self._lock:
            self._pictures[camera] = made
            self.made += 1
