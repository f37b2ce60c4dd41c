"""The third step: which board is printed, the PDF to print, and what the printed ruler measures."""

from pathlib import Path

from gazeclass.calibration.notes import TargetChoice
from gazeclass.calibration.steps import Step
from gazeclass.calibration.survey_sheet import write_survey_sheet
from gazeclass.calibration.target import CHARUCO, CHESSBOARD, Target
from gazeclass.calibration.targets_pdf import PAPERS, largest_square_mm, write_target, write_tiles
from gazeclass.desktop.wizard.session import Session
from gazeclass.desktop.wizard.step import Notice, StepPresenter
from gazeclass.errors import InputError
from gazeclass.progress import Progress

#: What is offered first: a chessboard whose squares can still be seen at the back of a room.
FIRST_CHOICE = TargetChoice(kind=CHESSBOARD, columns=9, rows=6, square_m=0.060)
DICTIONARY = "DICT_4X4_100"
#: What a ChArUco board that somebody has already may be made of.
DICTIONARIES = tuple(f"DICT_{n}X{n}_{count}" for n in (4, 5, 6, 7) for count in (50, 100, 250, 1000))


class TargetPresenter(StepPresenter):
    """Holds the choice as it is being made; it is written when it makes a board."""

    step = Step.TARGET

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.choice = FIRST_CHOICE
        self.paper = ""
        self.saved: Path | None = None

    @property
    def title(self) -> str:
        """What the strip calls it."""
        return self.tr("Target")

    def enter(self) -> None:
        """Read the choice from disk; the first one is the one offered."""
        chosen = self.session.project.notes().target
        if chosen is None:
            self.choose(FIRST_CHOICE.kind, FIRST_CHOICE.columns, FIRST_CHOICE.rows, FIRST_CHOICE.square_m)
        else:
            self.choice = chosen
        super().enter()
        self.changed.emit()

    @property
    def target(self) -> Target:
        """The board as the PDF has it."""
        return self.choice.nominal()

    @property
    def printed(self) -> Target:
        """The board as it came out of the printer."""
        return self.choice.target()

    def choose(
        self,
        kind: str,
        columns: int,
        rows: int,
        square_m: float,
        dictionary: str = DICTIONARY,
        *,
        inverted: bool = False,
    ) -> None:
        """Another board. What was measured on the print of the former is forgotten."""
        try:
            markers = (dictionary, Target.marker_ratio, inverted) if kind == CHARUCO else ()
            target = Target(columns, rows, square_m, kind, *markers)
            if TargetChoice.of(target) == TargetChoice.of(self.target) and self.session.project.notes().target:
                return
            self.session.project.choose_target(target)
        except InputError as error:
            self.fail(error)
            return
        self.choice = TargetChoice.of(target)
        self.saved = None
        self.fine()
        self.session.refresh()
        self.changed.emit()

    def set_paper(self, paper: str) -> None:
        """A4 … A1 in one piece, "tiles" for A4 sheets to glue, "" for a page of the board's own size."""
        self.paper = paper
        self.fine()
        self.changed.emit()

    def save_pdf(self, path: Path) -> None:
        """Write the board as PDF, and the survey sheet beside it."""
        target, paper = self.target, self.paper

        def work(progress: Progress) -> Path:
            progress.start("drawing", None)
            if paper == "tiles":
                write_tiles(target, path)
            else:
                write_target(target, path, paper)
            write_survey_sheet(target, path.with_name(f"survey-sheet-{path.name}"))
            return path

        task = self.session.context.tasks.run(work, title=self.tr("Drawing the board"))
        task.done.connect(self._on_saved)
        task.failed.connect(self.fail)

    def measure_ruler(self, ruler_m: float) -> None:
        """What the printed 100 mm line measures."""
        self._measure(lambda: self.session.project.measure_ruler(round(1000 * ruler_m, 3)))

    def measure_square(self, square_m: float) -> None:
        """The side of a square, measured on the print itself (ten squares, say)."""
        self._measure(lambda: self.session.project.measure_square(square_m))

    def instruction(self) -> str:
        """What to do now."""
        if self.choice.checked:
            return self.tr("The board is measured. Glue it to something flat and stiff.")
        if self.saved is None:
            return self.tr("Choose a board, save its PDF and print it at 100 %.")
        return self.tr("Measure the printed 100 mm line with a ruler and type what it says.")

    def notices(self) -> tuple[Notice, ...]:
        """What the print is off by, and papers that are too small."""
        found = []
        scale = self.printed.square_m / self.target.square_m
        if self.choice.checked and abs(scale - 1.0) > 0.002:
            text = self.tr(
                "The printer made it {0:.1%} of its size: a square is {1:.2f} mm. That is taken into account."
            )
            found.append(Notice(text.format(scale, 1000 * self.printed.square_m)))
        if self.paper in PAPERS and 1000 * self.target.square_m > largest_square_mm(self.target, self.paper):
            text = self.tr("{0} is too small for this board: squares of {1:.0f} mm would fit.")
            found.append(Notice(text.format(self.paper, largest_square_mm(self.target, self.paper))))
        if not self.target.colours_tell_order and not self.target.quarter_turn_unseen:
            text = self.tr(
                "This board looks the same after half a turn: you will be asked where its origin lies. An odd and an "
                "even number of squares (10 × 7) spares you that."
            )
            found.append(Notice(text))
        if self.saved is not None and not self.choice.checked:
            found.append(Notice(self.tr("Saved: {0}").format(self.saved.name), "good"))
        return tuple(found)

    def _measure(self, measure) -> None:  # type: ignore[no-untyped-def]  # a call that gives the corrected board
        try:
            measure()
        except InputError as error:
            self.fail(error)
            return
        choice = self.session.project.notes().target
        if choice is not None:
            self.choice = choice
        self.fine()
        self.session.refresh()
        self.changed.emit()

    def _on_saved(self, path: Path) -> None:
        self.saved = path
        self.fine()
        self.changed.emit()
