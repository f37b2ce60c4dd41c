"""Damaged lessons: what is read is right, or it is refused in a sentence; nothing is written to a damaged file."""

import numpy as np
import pytest
from lesson_files import write

from gazeclass.errors import InputError
from gazeclass.lesson import documents, documents_check, documents_parts
from gazeclass.lesson.reader import read_lesson


def everything(lesson):
    """All that was read, as something that can be compared."""
    o = lesson.observations
    columns = [np.ascontiguousarray(getattr(o, name)).tobytes() for name in o.__dataclass_fields__]
    return repr((lesson.meta, lesson.students, lesson.events, lesson.health, lesson.complete, lesson.audit)), columns


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = write(tmp_path_factory.mktemp("damage") / "a.gaze", moments=40)
    return path.read_bytes(), everything(read_lesson(path))


def test_two_hundred_flipped_bits_are_noticed_or_harmless(whole, tmp_path):
    data, known = whole
    rng = np.random.default_rng(6)
    path = tmp_path / "a.gaze"
    refused = []
    for place in rng.integers(0, 8 * len(data), 200):
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        try:
            read = read_lesson(path)
        except InputError as error:
            refused.append(str(error))
        else:
            assert everything(read) == known, f"bit {place % 8} of byte {place // 8}"
        assert path.read_bytes() == flipped
    assert all(str(path) in sentence and "\n" not in sentence for sentence in refused)
    assert 50 < len(refused) < 200  # the rest lies in free space, or in the thin rows that reading does not need


def test_a_flipped_bit_is_not_made_permanent_by_an_edit(whole, tmp_path):
    data, known = whole
    rng = np.random.default_rng(7)
    path = tmp_path / "a.gaze"
    for place in rng.integers(0, 8 * len(data), 60):
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        try:
            documents_parts.cut(path, -np.inf, np.inf)
        except InputError:
            assert path.read_bytes() == flipped
        else:
            assert everything(read_lesson(path))[1] == known[1]


def test_check_finds_what_reading_does_not_need(whole, tmp_path):
    """A flipped bit in a thin row: the lesson reads right, `check` says that rows and blocks differ."""
    import sqlite3

    path = tmp_path / "a.gaze"
    path.write_bytes(whole[0])
    db = sqlite3.connect(path)
    db.execute("UPDATE observation SET board_x_m = board_x_m + 1e-9 WHERE t_s = 0.3 AND student = 1")
    db.commit()
    db.close()
    assert everything(read_lesson(path)) == whole[1]
    with pytest.raises(InputError, match="rows and packed observations differ"):
        documents_check.check(path)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6, 0.99])
def test_a_truncated_lesson_is_refused_by_every_door(whole, tmp_path, share):
    path = tmp_path / "a.gaze"
    part = whole[0][: int(share * len(whole[0]))]
    path.write_bytes(part)
    doors = (
        read_lesson,
        documents_check.check,
        documents_check.finish,
        lambda p: documents.rename(p, "x"),
        lambda p: documents_parts.cut(p, 0.0, 1.0),
        lambda p: documents_parts.merge(p, p, tmp_path / "b.gaze"),
    )
    for door in doors:
        with pytest.raises(InputError, match=r"damaged|not a lesson"):
            door(path)
        assert path.read_bytes() == part
    assert [p.name for p in tmp_path.iterdir()] == ["a.gaze"]
    assert len(documents.list_lessons(tmp_path)) == 1
