"""What the scripts that take the guide's pictures share: waiting for what shall be on one, and a small file of it."""

from collections.abc import Callable
from pathlib import Path

from PIL import Image
from PySide6.QtWidgets import QWidget

from gazeclass.desktop.screenshots import settle

PATIENCE_S = 600.0


def wait(ready: Callable[[], bool]) -> None:
    """Run the event loop until ``ready``.

    Raises:
        TimeoutError: it did not come true: a picture now would show something else.
    """
    if not settle(ready, PATIENCE_S):
        raise TimeoutError("the window did not get there")


def shoot(widget: QWidget, path: Path, width_px: int | None = None) -> None:
    """Save a widget as PNG, made smaller where a width is given.

    256 colours are enough for a guide, at a third of the size; an octree keeps the few pixels of an axis in their
    colour.
    """
    widget.grab().save(str(path))
    with Image.open(path) as whole:
        picture = whole.convert("RGB")
    if width_px is not None:
        picture = picture.resize((width_px, round(width_px * picture.height / picture.width)), Image.Resampling.LANCZOS)
    picture.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(path, optimize=True)
    print(path, f"{path.stat().st_size / 1000:.0f} kB")
