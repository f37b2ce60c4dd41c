"""Tiny videos whose every frame says its own number, and free ports on loopback."""

import socket
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numbered_pictures import number_picture

MILLISECOND = Fraction(1, 1000)


WriteVideo = Callable[..., Path]


@pytest.fixture
def write_video(tmp_path: Path) -> WriteVideo:
    """Write a video whose frame k carries number k and is shown at times_ms[k]."""

    def write(
        name: str,
        times_ms: Sequence[int],
        *,
        size: tuple[int, int] = (160, 96),
        options: dict[str, str] | None = None,
        container: dict[str, str] | None = None,
        codec: str = "mpeg4",
        noise: bool = False,
    ) -> Path:
        path = tmp_path / name
        rng = np.random.default_rng(0)
        with av.open(str(path), "w", options=container or {}) as file:
            stream = file.add_stream(codec, rate=10, options=options or {})
            stream.width, stream.height, stream.pix_fmt = size[0], size[1], "yuv420p"
            stream.codec_context.time_base = MILLISECOND
            stream.time_base = MILLISECOND
            for number, t_ms in enumerate(times_ms):
                image = number_picture(number, size)
                if noise:  # so that every packet weighs something and a cut falls where it is meant to
                    image[: size[1] // 2] = rng.integers(0, 255, (size[1] // 2, size[0], 3))
                frame = av.VideoFrame.from_ndarray(image, format="bgr24")
                frame.pts, frame.time_base = int(t_ms), MILLISECOND
                file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
        return path

    return write


@pytest.fixture
def free_port() -> int:
    """A port of loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
