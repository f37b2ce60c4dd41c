"""The only window that may open over another: a yes/no question about losing something."""

from PySide6.QtWidgets import QMessageBox, QWidget


def ask(parent: QWidget, title: str, text: str, yes: str, no: str) -> bool:
    """Ask; True for yes. No is the default, and what Esc means."""
    box = QMessageBox(QMessageBox.Icon.Question, title, text, QMessageBox.StandardButton.NoButton, parent)
    agreed = box.addButton(yes, QMessageBox.ButtonRole.DestructiveRole)
    refused = box.addButton(no, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(refused)
    box.setEscapeButton(refused)
    box.exec()
    return box.clickedButton() is agreed
