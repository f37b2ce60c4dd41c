"""An InputError is one line that says where, what and what to do."""

import pickle

from gazeclass.errors import InputError


def test_one_line() -> None:
    error = InputError("the video is\n640×480.", where="cam0.mp4", todo="Record it again.")
    assert str(error) == "cam0.mp4: the video is 640×480. Record it again."
    assert str(InputError("nothing to do")) == "nothing to do"


def test_a_question_keeps_its_mark() -> None:
    assert str(InputError("is it centimetres?", todo="Write metres.")) == "is it centimetres? Write metres."


def test_it_comes_back_whole_from_another_process() -> None:
    """multiprocessing waits for ever for an error that cannot be unpickled."""
    error = InputError("cannot be written", where="a.npz", todo="Make room.")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
