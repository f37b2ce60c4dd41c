"""The way into the wizard: :func:`create` makes it for one classroom's folder."""

from pathlib import Path

from PySide6.QtWidgets import QWidget

from gazeclass.calibration.steps import Step
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.wizard.cameras_presenter import CamerasPresenter
from gazeclass.desktop.wizard.cameras_view import CamerasView
from gazeclass.desktop.wizard.room_presenter import RoomPresenter
from gazeclass.desktop.wizard.room_view import RoomView
from gazeclass.desktop.wizard.session import Session
from gazeclass.desktop.wizard.step_view import StepView
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
    presenter = WizardPresenter(session, (room, cameras, target))
    views: dict[Step, StepView] = {
        Step.ROOM: RoomView(room),
        Step.CAMERAS: CamerasView(cameras),
        Step.TARGET: TargetView(target),
    }
    view = WizardView(presenter, views, parent)
    session.setParent(view)
    presenter.setParent(view)
    presenter.start()
    return view
