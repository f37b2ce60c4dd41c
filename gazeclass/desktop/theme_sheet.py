"""The form of the standard controls, as a sheet of Qt styles with the palette's names for colours."""

from string import Template

SHEET = Template("""
QWidget { color: $text; }
QMainWindow, QDialog, QWidget#page { background: $window; }
QToolTip { background: $raised; color: $text; border: 1px solid $outline; padding: 4px; }

QLabel { background: transparent; }
QLabel[role="title"] { font-size: 22px; font-weight: 600; }
QLabel[role="subtitle"] { font-size: 16px; font-weight: 600; }
QLabel[role="muted"] { color: $muted; }

QFrame[kind="card"] { background: $surface; border: 1px solid $border; border-radius: 8px; }
QFrame[kind="rail"] { background: $surface; border: none; border-right: 1px solid $border; }
QFrame[kind="danger"] { background: $danger_ground; border: 1px solid $danger; border-radius: 8px; }
QFrame[kind="warn"] { background: $warn_ground; border: 1px solid $warn; border-radius: 8px; }
QFrame[kind="good"] { background: $good_ground; border: 1px solid $good; border-radius: 8px; }

QLabel[kind="good"] { color: $good; background: transparent; border: none; }
QLabel[kind="warn"] { color: $warn; background: transparent; border: none; }
QLabel[kind="danger"] { color: $danger; background: transparent; border: none; }

QPushButton, QToolButton {
  min-height: ${target}px; padding: 0 14px; border-radius: 6px;
  background: $raised; border: 1px solid $outline; color: $text;
}
QToolButton { padding: 0 6px; min-width: ${target}px; }
QPushButton:hover, QToolButton:hover { border-color: $accent; }
QPushButton:pressed, QToolButton:pressed { background: $border; }
QPushButton:focus, QToolButton:focus { border: 2px solid $focus; }
QPushButton:disabled, QToolButton:disabled { color: $muted; border-color: $border; background: $window; }
QPushButton:checked, QToolButton:checked { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton:checked:focus, QToolButton:checked:focus { border: 2px solid $focus; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border: 1px solid $accent; font-weight: 600; }
QPushButton[role="primary"]:hover { border: 1px solid $text; }
QPushButton[role="primary"]:focus { border: 3px solid $focus; }
QPushButton[role="primary"]:disabled {
  background: $raised; color: $muted; border: 1px solid $border; font-weight: 400;
}
QPushButton[role="flat"], QToolButton[role="flat"] { background: transparent; border: 1px solid transparent; }
QPushButton[role="flat"] { color: $accent; }
QPushButton[role="flat"]:hover, QToolButton[role="flat"]:hover { border: 1px solid $outline; }
QPushButton[role="flat"]:focus, QToolButton[role="flat"]:focus { border: 2px solid $focus; }
QPushButton[role="flat"]:disabled { color: $muted; }

QToolButton::menu-indicator { image: none; }
QToolButton[role="rail"] {
  background: transparent; border: 2px solid transparent; border-radius: 8px; padding: 6px 2px;
  min-width: 92px; min-height: 52px; color: $text;
}
QToolButton[role="rail"]:hover { background: $raised; }
QToolButton[role="rail"]:checked { background: $accent; color: $on_accent; }
QToolButton[role="rail"]:focus { border: 2px solid $focus; }

QLineEdit, QPlainTextEdit, QTextEdit, QTextBrowser, QSpinBox, QDoubleSpinBox, QComboBox, QDateEdit, QDateTimeEdit {
  background: $surface; border: 1px solid $outline; border-radius: 6px; padding: 2px 8px; color: $text;
  selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QDateEdit, QDateTimeEdit { min-height: 28px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QTextBrowser:focus, QSpinBox:focus, QDoubleSpinBox:focus,
QComboBox:focus, QDateEdit:focus, QDateTimeEdit:focus { border: 2px solid $focus; padding: 1px 7px; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {
  color: $muted; border-color: $border; background: $window;
}
/* With a border of ours the platform's arrows and ticks are lost: these lie beside this module in arrows/. */
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url("$arrows/down-$mode.png"); width: 16px; height: 16px; }
QSpinBox::up-button, QDoubleSpinBox::up-button, QDateEdit::up-button, QDateTimeEdit::up-button {
  subcontrol-origin: padding; subcontrol-position: top right; border: none; width: 22px; }
QSpinBox::down-button, QDoubleSpinBox::down-button, QDateEdit::down-button, QDateTimeEdit::down-button {
  subcontrol-origin: padding; subcontrol-position: bottom right; border: none; width: 22px; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow, QDateEdit::up-arrow, QDateTimeEdit::up-arrow {
  image: url("$arrows/up-$mode.png"); width: 12px; height: 12px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow, QDateEdit::down-arrow, QDateTimeEdit::down-arrow {
  image: url("$arrows/down-$mode.png"); width: 12px; height: 12px; }
QComboBox QAbstractItemView {
  background: $surface; color: $text; border: 1px solid $outline;
  selection-background-color: $accent; selection-color: $on_accent;
}

QCheckBox, QRadioButton { min-height: ${target}px; spacing: 8px; background: transparent; padding: 0 4px;
  border: 2px solid transparent; border-radius: 6px; }
QCheckBox::indicator:unchecked { width: 12px; height: 12px; border: 1px solid $outline; border-radius: 4px;
  background: $surface; }
QRadioButton::indicator:unchecked { width: 12px; height: 12px; border: 1px solid $outline; border-radius: 7px;
  background: $surface; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked {
  image: url("$arrows/check-$mode.png"); width: 14px; height: 14px; }
QCheckBox::indicator:checked:disabled { image: url("$arrows/check-off-$mode.png"); width: 14px; height: 14px; }
QRadioButton::indicator:checked { image: url("$arrows/dot-$mode.png"); width: 14px; height: 14px; }
QCheckBox:focus, QRadioButton:focus { border: 2px solid $focus; }
QCheckBox:disabled, QRadioButton:disabled { color: $muted; }

QAbstractItemView { background: $surface; border: 1px solid $border; border-radius: 6px; outline: 0;
  alternate-background-color: $window; }
QAbstractItemView:focus { border: 2px solid $focus; }
QAbstractItemView::item { min-height: 30px; padding: 0 6px; }
QAbstractItemView::item:selected { background: $accent; color: $on_accent; }
QAbstractItemView::indicator:unchecked { width: 12px; height: 12px; border: 1px solid $outline; border-radius: 4px;
  background: $surface; }
QHeaderView::section { background: $raised; color: $text; border: none; border-right: 1px solid $border;
  padding: 6px 8px; }

QProgressBar { background: $raised; border: 1px solid $outline; border-radius: 6px; text-align: center;
  min-height: 18px; color: $text; }
QProgressBar::chunk { background: $accent; border-radius: 5px; }

QTabBar::tab { padding: 8px 16px; background: transparent; border: 2px solid transparent; color: $text; }
QTabBar::tab:selected { border-bottom: 2px solid $accent; color: $accent; }
QTabBar::tab:focus { border: 2px solid $focus; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }

QScrollArea { border: none; background: transparent; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $outline; border-radius: 4px; margin: 2px; min-height: 32px; min-width: 32px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QMenu { background: $surface; border: 1px solid $outline; padding: 4px; }
QMenu::item { min-height: 28px; padding: 2px 24px; border-radius: 4px; }
QMenu::item:selected { background: $accent; color: $on_accent; }
QGroupBox { font-weight: 600; border: 1px solid $border; border-radius: 8px; margin-top: 12px; padding: 12px 8px 8px; }
QGroupBox::title { subcontrol-origin: margin; left: 12px; padding: 0 4px; }
QSlider:focus { border: 2px solid $focus; border-radius: 6px; }
""")
