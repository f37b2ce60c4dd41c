"""The two videos of a lesson: a sensor's noise, and H.264."""

from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeclass.simulation.mesh import Floats


class Sensor:
    """Noise of one camera, grey levels; each picture takes another piece of one large field, forwards or reversed."""

    _SPARE = 64

    def __init__(self, rng: np.random.Generator, height: int, width: int, sigma: float) -> None:
        self._rng = rng
        self._field = rng.standard_normal((height + self._SPARE, width + self._SPARE, 3), np.float32) * np.float32(
            sigma
        )
        self._shape = (height, width)

    def expose(self, colour: Floats) -> NDArray[np.uint8]:
        """Colours in [0, 1] to an 8-bit picture."""
        a, b = self._rng.integers(0, self._SPARE, 2)
        h, w = self._shape
        noise = self._field[a : a + h, b : b + w]
        if self._rng.random() < 0.5:
            noise = noise[::-1, ::-1]
        out: NDArray[np.uint8] = np.clip(colour * 255.0 + noise + 0.5, 0.0, 255.0).astype(np.uint8)
        return out


class VideoWriter:
    """An H.264 file, frame k at k / fps. Use it in a ``with`` block."""

    def __init__(self, path: Path, width: int, height: int, fps: int) -> None:
        import av

        self._av: Any = av
        self._file: Any = av.open(str(path), "w")
        self._stream: Any = self._file.add_stream("libx264", rate=fps)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.options = {"crf": "20", "preset": "veryfast", "threads": "1"}

    def add(self, picture: NDArray[np.uint8]) -> None:
        """The next frame, BGR."""
        frame = self._av.VideoFrame.from_ndarray(picture, format="bgr24")
        self._file.mux(self._stream.encode(frame))

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._file.mux(self._stream.encode(None))
        finally:
            self._file.close()
