"""The one exception that means: the input is at fault, not the program."""


class InputError(Exception):
    """Something the user gave cannot be used.

    The command line prints it as one line and ends with exit code 1; the desktop shows it as a sentence.

    Args:
        what: what is wrong, as a plain clause ("the video is 1280×720, the calibration 1920×1080").
        where: the file, camera, reading or student concerned; empty when ``what`` already says it.
        todo: what the user can do about it, as an imperative sentence.
    """

    def __init__(self, what: str, *, where: object = "", todo: str = "") -> None:
        self.what = what
        self.where = str(where)
        self.todo = todo
        super().__init__(what)  # the rest goes to another process as attributes

    def __str__(self) -> str:
        """One line: where, what, what to do."""
        line = f"{self.where}: {self.what}" if self.where else self.what
        if self.todo:
            ends = line.rstrip().endswith(("?", "!"))
            line = f"{line} {self.todo}" if ends else f"{line.rstrip('.')}. {self.todo}"
        return " ".join(line.split())


class Cancelled(Exception):  # noqa: N818 - a wish of the user's, not an error
    """The user asked to stop; whoever catches it leaves nothing half-written behind."""
