"""What this program is made of: versions, folders, licences; as text to copy into a letter to whoever can help."""

import platform
from importlib import metadata

from PySide6.QtCore import qVersion

from gazeclass import __version__
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.log import log_dir, without_names

_PARTS = ("PySide6-Essentials", "numpy", "scipy", "opencv-contrib-python-headless", "onnxruntime", "av", "pyqtgraph")


def versions() -> list[tuple[str, str]]:
    """Names and versions of what is installed, "–" for what is not."""
    found = [("gazeclass", __version__), ("Python", platform.python_version()), ("Qt", qVersion())]
    for name in _PARTS:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            found.append((name, "–"))
    return [*found, ("System", platform.platform())]


def report(context: AppContext) -> str:
    """Versions and folders as plain text, the user's name left out."""
    lines = [f"{name} {version}" for name, version in versions()]
    lines += [f"library {context.library}", f"log {log_dir()}"]
    return without_names("\n".join(lines))
