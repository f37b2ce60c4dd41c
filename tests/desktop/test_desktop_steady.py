"""PySide6 6.12.0 on Python 3.11 loses references to None with every call: the window must outlive that."""

import subprocess
import sys

CALLS = """
import sys, gazeclass.desktop
from PySide6.QtGui import QImage, QPainter, QColor
from PySide6.QtCore import QRectF
image = QImage(8, 8, QImage.Format.Format_ARGB32)
painter = QPainter(image)
colour = QColor("#fff")
for _ in range(60000):
    painter.setPen(colour)
    QRectF(0, 0, 2, 2).contains(1, 1)
    QRectF(0, 0, 2, 2).contains(9, 9)
painter.end()
"""


def test_sixty_thousand_calls_of_a_painter() -> None:
    done = subprocess.run([sys.executable, "-c", CALLS], capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr[:400]
