"""The way into the wizard: :func:`create` makes it for one classroom's folder."""

from pathlib import Path

from PySide6.QtWidgets import QWidget

from gazeclass.calibration.steps import Step
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.wizard.auxiliary_presenter import AuxiliaryPresenter
from gazeclass.desktop.wizard.auxiliary_view import AuxiliaryView
from gazeclass.desktop.wizard.cameras_presenter import CamerasPresenter
from gazeclass.desktop.wizard.cameras_view import CamerasView
from gazeclass.desktop.wizard.check_presenter import CheckPresenter
from gazeclass.desktop.wizard.check_view import CheckView
from gazeclass.desktop.wizard.lens_presenter import LensPresenter
from gazeclass.desktop.wizard.lens_view import LensView
from gazeclass.desktop.wizard.pair_presenter import PairPresenter
from gazeclass.desktop.wizard.pair_view import PairView
from gazeclass.desktop.wizard.room_presenter import RoomPresenter
from gazeclass.desktop.wizard.room_view import RoomView
from gazeclass.desktop.wizard.session import Session
from gazeclass.desktop.wizard.step_view import StepView
from gazeclass.desktop.wizard.summary_presenter import SummaryPresenter
from gazeclass.desktop.wizard.summary_view import SummaryView
from gazeclass.desktop.wizard.tape_presenter import TapePresenter
from gazeclass.desktop.wizard.tape_view import TapeView
from gazeclass.desktop.wizard.target_presenter import TargetPresenter
from gazeclass.desktop.wizard.target_view import TargetView
from gazeclass.desktop.wizard.wizard_presenter import WizardPresenter
from gazeclass.desktop.wizard.wizard_view import WizardView


def create(context: AppContext, folder: Path, parent: QWidget | None = None) -> WizardView:
    """The wizard for the classroom in ``folder`` (``library/classrooms/NAME``), new or half-way.

    Args:
        context: of the program.
        folder: of the classroom; made if need be.
        parent: of the widget.

    Raises:
        InputError: the folder cannot be made, or what is in it cannot be understood.
    """
    session = Session(context, folder)
    room, cameras, target = RoomPresenter(session), CamerasPresenter(session), TargetPresenter(session)
    lenses = LensPresenter(session, 0), LensPresenter(session, 1)
    pair, auxiliary = PairPresenter(session), AuxiliaryPresenter(session)
    tape, check, summary = TapePresenter(session), CheckPresenter(session), SummaryPresenter(session)
    steps = (room, cameras, target, *lenses, pair, auxiliary, tape, check, summary)
    presenter = WizardPresenter(session, steps)
    views: dict[Step, StepView] = {
        Step.ROOM: RoomView(room),
        Step.CAMERAS: CamerasView(cameras),
        Step.TARGET: TargetView(target),
        Step.LENS0: LensView(lenses[0]),
        Step.LENS1: LensView(lenses[1]),
        Step.PAIR: PairView(pair),
        Step.AUXILIARY: AuxiliaryView(auxiliary),
        Step.TAPE: TapeView(tape),
        Step.CHECK: CheckView(check),
        Step.SUMMARY: SummaryView(summary),
    }
    view = WizardView(presenter, views, parent)
    session.setParent(view)
    presenter.setParent(view)
    presenter.start()
    return view
