"""The board: the one drawing that is the same everywhere, as the class sees it, with heat, zones and gaze points."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gazeclass.desktop import theme
from gazeclass.desktop.widgets import board_drawing
from gazeclass.desktop.widgets.board_frame import BoardFrame
from gazeclass.desktop.widgets.heat_colours import heat_image
from gazeclass.geometry.frames import Board


class ZoneLike(Protocol):
    """A named rectangle in board coordinates; the lesson's and the classroom's both are."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def x0_m(self) -> float: ...  # noqa: D102
    @property
    def y0_m(self) -> float: ...  # noqa: D102
    @property
    def x1_m(self) -> float: ...  # noqa: D102
    @property
    def y1_m(self) -> float: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class Heat:
    """Heat on the board.

    Attributes:
        values: ``(rows, columns)``; row 0 at the top edge, column 0 at x = 0, the class's right.
        x_edges_m, y_edges_m: of the cells, ``(columns + 1,)`` and ``(rows + 1,)``, rising, evenly spaced.
        top: the value at the scale's end.
        unit: what the scale counts ("seconds per dm²").
    """

    values: np.ndarray
    x_edges_m: np.ndarray
    y_edges_m: np.ndarray
    top: float
    unit: str


@dataclass(frozen=True, eq=False)
class Points:
    """Gaze points.

    Attributes:
        xy_m: ``(n, 2)`` board coordinates; NaN is left out.
        cov_m2: ``(n, 2, 2)``, or None for dots without ellipses.
        labels: one each, or none.
        colours: one each, or none for chalk.
        opacity: ``(n,)`` 0–1: the fainter the less sure.
    """

    xy_m: np.ndarray
    cov_m2: np.ndarray | None
    labels: tuple[str, ...]
    colours: tuple[str, ...]
    opacity: np.ndarray


#: A gaze point is drawn at full strength up to the first sigma (larger half axis), at the least from the second on.
SURE_M, UNSURE_M, LEAST_OPACITY = 0.15, 0.80, 0.30


class BoardView(QWidget):
    """The board in true proportion, mirrored to how the class sees it.

    Signals:
        clicked: board coordinates x, y in metres of a click on or near the board.
        zone_clicked: the name of the zone that was clicked.
    """

    clicked = Signal(float, float)
    zone_clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._board: Board | None = None
        self._heat: Heat | None = None
        self._image: QImage | None = None
        self._zones: tuple[ZoneLike, ...] = ()
        self._zone_notes: tuple[str, ...] = ()
        self._points: Points | None = None
        self._greyed: dict[str, str] = {}
        self._message = ""
        self.setAccessibleName(self.tr("The board, as the class sees it"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 120)

    def sizeHint(self) -> QSize:
        """Wide, like a board."""
        return QSize(720, 320)

    @property
    def board(self) -> Board | None:
        """The board that is drawn."""
        return self._board

    def set_board(self, board: Board | None) -> None:
        """The board's size; None draws nothing."""
        self._board = board
        self.update()

    def set_heat(
        self,
        values: ArrayLike | None,
        x_edges_m: ArrayLike = (),
        y_edges_m: ArrayLike = (),
        top: float | None = None,
        unit: str = "",
    ) -> None:
        """Draw heat with its scale, or none for ``values`` None.

        Args:
            values: ``(rows, columns)``; row 0 at the top edge, column 0 at x = 0, the class's right, as a
                :class:`gazeclass.report.heatmap.Heatmap` has it.
            x_edges_m, y_edges_m: of the cells, ``(columns + 1,)``, ``(rows + 1,)``, rising. Empty: all of the board.
            top: the value at the scale's end; give the same to views that are compared. None: the maximum.
            unit: what the scale counts.

        Raises:
            ValueError: the values are no grid, or the edges do not fit them.
        """
        if values is None:
            self._heat, self._image = None, None
            self.update()
            return
        grid = np.asarray(values, float)
        if grid.ndim != 2:
            raise ValueError(f"heat {grid.shape} does not fit a board: give rows and columns")
        edges = [np.asarray(e, float).reshape(-1) for e in (x_edges_m, y_edges_m)]
        if self._board is not None:
            sizes = ((self._board.width_m, grid.shape[1]), (self._board.height_m, grid.shape[0]))
            edges = [e if e.size else np.linspace(0.0, m, n + 1) for e, (m, n) in zip(edges, sizes, strict=True)]
        if grid.shape != (len(edges[1]) - 1, len(edges[0]) - 1):
            raise ValueError(f"heat {grid.shape} does not fit {len(edges[1])} × {len(edges[0])} edges")
        peak = float(np.nanmax(grid, initial=0.0)) if top is None else float(top)
        self._heat = Heat(grid, edges[0], edges[1], peak, unit)
        self._image = heat_image(grid[:, ::-1], peak)
        self.update()

    def set_zones(self, zones: Sequence[ZoneLike], notes: Sequence[str] = ()) -> None:
        """Draw zones.

        Args:
            zones: rectangles in board coordinates.
            notes: a second line for each ("34 % ± 5"), or none.
        """
        self._zones = tuple(zones)
        self._zone_notes = tuple(notes)
        self.update()

    def set_greyed_zones(self, reasons: dict[str, str]) -> None:
        """Zones that are too coarse to be told apart, with the reason as tooltip; an empty dict for none."""
        self._greyed = dict(reasons)
        self.update()

    def set_points(
        self,
        xy_m: ArrayLike | None,
        cov_m2: ArrayLike | None = None,
        *,
        labels: Sequence[str] = (),
        colours: Sequence[str] = (),
        opacity: ArrayLike | None = None,
    ) -> None:
        """Draw gaze points with their 68 % ellipses, or none for None.

        Args:
            xy_m: ``(n, 2)`` board coordinates; rows with NaN are left out.
            cov_m2: ``(n, 2, 2)``; None for dots alone.
            labels: one each, shown as tooltips.
            colours: one each; chalk when empty.
            opacity: ``(n,)`` in 0–1; None takes it from the covariance: the less sure, the fainter.
        """
        if xy_m is None:
            self._points = None
            self.update()
            return
        xy = np.asarray(xy_m, float).reshape(-1, 2)
        cov = None if cov_m2 is None else np.asarray(cov_m2, float).reshape(-1, 2, 2)
        if opacity is not None:
            strength = np.clip(np.asarray(opacity, float).reshape(-1), 0.0, 1.0)
        else:
            strength = np.ones(len(xy)) if cov is None else strength_of(cov)
        self._points = Points(xy, cov, tuple(labels), tuple(colours), strength)
        self.update()

    def set_message(self, text: str) -> None:
        """A line on the board itself ("waiting for the first pictures"); empty for none."""
        self._message = text
        self.setAccessibleDescription(text)
        self.update()

    def frame(self) -> BoardFrame | None:
        """Where metres lie in the widget now; None without a board."""
        if self._board is None:
            return None
        legend = board_drawing.LEGEND_PX if self._heat is not None else 0.0
        left, right, top = board_drawing.LEFT_PX, board_drawing.RIGHT_PX, board_drawing.TOP_PX
        height = self.height() - top - board_drawing.AXIS_PX - legend
        return BoardFrame.fit(self._board, left, top, max(20.0, self.width() - left - right), max(10.0, height))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Slate, heat, zones, points, frame, scale."""
        frame = self.frame()
        if frame is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        font = painter.font()
        font.setPixelSize(theme.BASE_FONT_PX - 1)
        painter.setFont(font)
        palette = theme.current()
        board_drawing.draw_slate(painter, frame)
        if self._heat is not None and self._image is not None:
            board_drawing.draw_heat(painter, frame, self._heat, self._image)
        board_drawing.draw_zones(painter, frame, self._zones, self._zone_notes, frozenset(self._greyed))
        if self._points is not None:
            board_drawing.draw_points(painter, frame, self._points, QRectF(self.rect()))
        board_drawing.draw_frame(painter, frame)
        board_drawing.draw_scale(painter, frame, palette, self.tr("m"))
        if self._heat is not None:
            board_drawing.draw_legend(painter, frame, self._heat, palette, self.height())
        if self._message:
            board_drawing.draw_message(painter, frame, self._message)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Say where on the board, and in which zone."""
        frame = self.frame()
        if frame is None or event.button() != Qt.MouseButton.LeftButton:
            return
        x, y = frame.to_m(event.position().x(), event.position().y())
        self.clicked.emit(x, y)
        zone = self.zone_at(x, y)
        if zone:
            self.zone_clicked.emit(zone)

    def zone_at(self, x_m: float, y_m: float) -> str:
        """Name of the zone at board coordinates; empty when none."""
        for zone in self._zones:
            if zone.x0_m <= x_m < zone.x1_m and zone.y0_m <= y_m < zone.y1_m:
                return zone.name
        return ""

    def event(self, event: QEvent) -> bool:
        """Tooltips of points and zones."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = self.tip_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), text, self) if text else QToolTip.hideText()
            return True
        return super().event(event)

    def tip_at(self, at: QPointF) -> str:
        """What there is at a point of the widget, in words."""
        frame = self.frame()
        if frame is None:
            return ""
        if self._points is not None and self._points.labels:
            px = frame.to_px(self._points.xy_m)
            distance = np.hypot(px[:, 0] - at.x(), px[:, 1] - at.y())
            if distance.size and np.nanmin(distance, initial=np.inf) < 12:
                return self._points.labels[int(np.nanargmin(distance))]
        zone = self.zone_at(*frame.to_m(at.x(), at.y()))
        if zone in self._greyed:
            return f"{zone}: {self._greyed[zone]}"
        note = next((n for z, n in zip(self._zones, self._zone_notes, strict=False) if z.name == zone), "")
        return f"{zone}: {note}" if note else zone


def strength_of(cov_m2: np.ndarray) -> np.ndarray:
    """Opacity ``(n,)`` of gaze points from their covariances ``(n, 2, 2)``: the less sure, the fainter."""
    mean = (cov_m2[:, 0, 0] + cov_m2[:, 1, 1]) / 2
    spread = np.hypot((cov_m2[:, 0, 0] - cov_m2[:, 1, 1]) / 2, cov_m2[:, 0, 1])
    sigma = np.sqrt(np.maximum(mean + spread, 0.0))
    share = np.clip((sigma - SURE_M) / (UNSURE_M - SURE_M), 0.0, 1.0)
    return np.where(np.isfinite(share), 1.0 - (1.0 - LEAST_OPACITY) * share, LEAST_OPACITY)
