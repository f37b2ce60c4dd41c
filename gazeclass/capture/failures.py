"""What an operating system's or FFmpeg's error means for whoever stands before the camera.

Messages of FFmpeg hold the whole address, with its password: only the reason is ever taken from them.
"""

import errno
import sys

# At the top, not where it is used: two cameras' threads that import it at once find it half-made.
import av.error

from gazeclass.errors import InputError

_BUSY = {errno.EBUSY}
_GONE = {errno.ENODEV, errno.ENXIO, errno.ENOENT, errno.EIO}
_TIME = {errno.ETIMEDOUT, errno.EAGAIN}


def explain(error: BaseException, name: str, *, network: bool = False) -> InputError:
    """The same failure as a sentence about the camera ``name``.

    Args:
        error: what PyAV or the system raised; an :class:`InputError` is given back as it is.
        name: of the camera, as it may be shown.
        network: whether it is a network camera.
    """
    if isinstance(error, InputError):
        return error
    number = getattr(error, "errno", None)
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return InputError("user or password is refused", where=name, todo="Check them in the camera's address.")
    if isinstance(error, av.error.HTTPNotFoundError):
        return InputError(
            "the camera has no such stream",
            where=name,
            todo="Check the path in its address; the camera's manual has it.",
        )
    if isinstance(error, av.error.ExitError | TimeoutError) or number in _TIME:
        return InputError(
            "it does not answer" if network else "no picture comes",
            where=name,
            todo="Check power and network." if network else "Plug it in again, into a port of its own.",
        )
    if isinstance(error, av.error.EOFError):
        return InputError("the stream has ended", where=name)
    if number in _BUSY:
        return InputError(
            "another program uses it", where=name, todo="Close the other program (video calls, camera apps, browsers)."
        )
    if network:
        if number == errno.ECONNREFUSED:
            return InputError("it refuses the connection", where=name, todo="Check the address and port.")
        if number in {errno.EHOSTUNREACH, errno.ENETUNREACH}:
            return InputError("it cannot be reached", where=name, todo="Check the network cable or WLAN.")
        if number == errno.ENOENT:
            return InputError("the camera has no such stream", where=name, todo="Check the path in its address.")
        if isinstance(error, av.error.InvalidDataError):
            return InputError("what comes is no video", where=name, todo="Check its address.")
        return InputError(
            f"the connection failed ({_reason(error)})", where=name, todo="Check its address and network."
        )
    if number in _GONE:
        return InputError("it is not there", where=name, todo="Plug it in again.")
    if number in {errno.EACCES, errno.EPERM}:
        return InputError(
            "it may not be opened",
            where=name,
            todo="Add yourself to the group video and log in again."
            if sys.platform == "linux"
            else "Allow camera access in the system's privacy settings.",
        )
    return InputError(f"it cannot be used ({_reason(error)})", where=name)


def _reason(error: BaseException) -> str:
    """The bare reason, never the message, which may hold an address."""
    reason = getattr(error, "strerror", None)
    return reason if isinstance(reason, str) and "://" not in reason else type(error).__name__
