"""CSV as arrays is CSV as Python writes it; Parquet and LibreOffice hold the same."""

import csv
import io
import shutil
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gazeclass.errors import InputError
from gazeclass.report.csv_set import write_csv, write_csv_set, write_parquet_set
from gazeclass.report.csv_text import STYLES, CsvStyle, rows_bytes, style_named
from gazeclass.report.metrics import LessonTimes, class_timeline
from gazeclass.report.scripted_class import scripted_class
from gazeclass.report.tables import Label, Real, Whole, harmless, reals, small_table, texts

NUMBERS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=False),
    st.floats(-10, 10),
    st.sampled_from([0.0, -0.0, 1e-9, -1e-9, 0.00005, 2.5, -2.5, 1e15, 123456789.123456, 4294967295.9, 4294967.29599]),
)


def as_python_writes(columns, separator, decimal):
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator)
    plain = []
    for cells in columns.values():
        if isinstance(cells, Real):
            rounded = [
                round(float(v), cells.digits) + 0.0 if v == v else v for v in np.round(cells.values, cells.digits)
            ]
            plain.append(["" if v != v else str(v).replace(".", decimal) for v in rounded])
        elif isinstance(cells, Whole):
            known = np.ones(len(cells), bool) if cells.known is None else cells.known
            plain.append([str(v) if k else "" for v, k in zip(cells.values.tolist(), known, strict=True)])
        else:
            plain.append([harmless([*cells.names, ""][c]).replace("\0", "") for c in cells.codes])
    writer.writerows(zip(*plain, strict=True))
    return file.getvalue()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@given(
    st.lists(NUMBERS, min_size=2, max_size=8),
    st.integers(1, 4),
    st.sampled_from(list(STYLES)),
    st.lists(TEXTS, min_size=8, max_size=8),
)
@settings(deadline=None, max_examples=200)
def test_it_is_what_pythons_csv_writes(values, digits, name, words):
    style = STYLES[name]
    n = len(values)
    words = [w.replace("\0", "") for w in words[:n]]
    columns = {
        "a": Real(np.array(values), digits),
        "b": Whole(np.arange(n) * 10**9 - 2, np.arange(n) % 2 == 0),
        "c": texts(words),
        "d": Label(np.arange(n) % 3 - 1, ["=x", 'a,"b";\tc']),
    }
    with np.errstate(over="ignore"):
        found = rows_bytes(columns, style).decode()
        expected = as_python_writes(columns, style.separator, style.decimal)
    assert list(csv.reader(io.StringIO(found, newline=""), delimiter=style.separator)) == list(
        csv.reader(io.StringIO(expected, newline=""), delimiter=style.separator)
    )


def test_bytes_are_exactly_those_of_pythons_csv():
    columns = {"a": reals([0.5, -1.25, None, 3.0, -0.00001], 4), "b": texts(["x", "ü,y", "+1", "", "学"])}
    assert rows_bytes(columns, CsvStyle()).decode() == as_python_writes(columns, ",", ".")
    assert rows_bytes(columns, CsvStyle()).decode() == '0.5,x\r\n-1.25,"ü,y"\r\n,\'+1\r\n3.0,\r\n0.0,学\r\n'


def test_semicolons_come_with_decimal_commas(tmp_path):
    path = write_csv(
        small_table("t", {"a_m": reals([1.5, -2.25], 2), "b": texts(["x;y", "z"])}),
        tmp_path / "t.csv",
        STYLES["semicolon"],
    )
    assert path.read_bytes() == '\ufeffa_m;b\r\n1,5;"x;y"\r\n-2,25;z\r\n'.encode()
    with pytest.raises(InputError, match="no separator 'pipe'"):
        style_named("pipe")


@pytest.mark.parametrize("text", ["＝1", "＋1", "－1", "＠a", "\n=1"])
def test_full_width_formulas_are_quoted_too(text):
    assert harmless(text) == "'" + text


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="differ in length"):
        small_table("t", {"a": reals([1.0], 1), "b": reals([1.0, 2.0], 1)})


@pytest.fixture(scope="module")
def small():
    made = scripted_class(students=7, seconds=20, sigma_m=0.2, sigma_per_row_m=0.2, spread_m=0.1)
    return LessonTimes(made.lesson)


@pytest.fixture(scope="module")
def written(small, tmp_path_factory):
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    folder = tmp_path_factory.mktemp("tables")
    line = class_timeline(small)
    return write_csv_set(small, line, folder), write_parquet_set(small, line, folder)


def test_parquet_holds_what_csv_holds(written):
    pandas = pytest.importorskip("pandas")
    for csv_path, parquet_path in zip(*written, strict=True):
        texts_in = {"student", "seat", "status", "zone", "cameras", "group", "from", "to", "classroom", "started_utc"}
        texts_in |= {"gazeclass_version"}
        header = pandas.read_csv(csv_path, nrows=0).columns
        a = pandas.read_csv(csv_path, dtype={name: "str" for name in header if name in texts_in}, encoding="utf-8-sig")
        b = pandas.read_parquet(parquet_path)
        assert list(a.columns) == list(b.columns)
        assert len(a) == len(b) > 0
        for name in a.columns:
            if name in texts_in:
                assert a[name].fillna("").tolist() == b[name].astype(object).fillna("").tolist(), name
            else:
                np.testing.assert_array_equal(a[name].to_numpy(float), b[name].to_numpy(float, na_value=np.nan), name)
                assert b[name].dtype.kind in "if"


def test_without_pyarrow_there_is_a_sentence(small, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match="pip install pyarrow"):
        write_parquet_set(small, class_timeline(small), tmp_path)


def test_unreliable_zones_are_marked_wherever_they_appear(written):
    pandas = pytest.importorskip("pandas")
    tables = {path.stem: pandas.read_csv(path) for path in written[0]}
    summary = tables["zone_summary"]
    zones = summary[~summary["zone"].str.startswith("(")]
    assert (zones["hit_rate_fraction"] < 0.5).any()
    np.testing.assert_array_equal(zones["unreliable"] == 1, zones["hit_rate_fraction"] < 0.5)
    assert summary[summary["zone"].str.startswith("(")]["unreliable"].isna().all()
    one = {(r.group, r.zone): r.unreliable for r in zones.itertuples()}
    assert all(r.unreliable == one[r.student, r.zone] for r in tables["zone_visits"].itertuples())
    moved = tables["transitions"]
    for r in moved.itertuples():
        ends = (moved.loc[r.Index, "from"], moved.loc[r.Index, "to"])
        assert r.unreliable == max(one.get(("class", end), 0) for end in ends)
    for name in zones[zones["group"] == "class"]["zone"]:
        assert (tables["class_timeline"][f"zone_{name.replace(' ', '_')}_unreliable"] == one["class", name]).all()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed here")
def test_libreoffice_reads_the_same_numbers_and_types(written, tmp_path):
    """Opened as a user opens it and saved again as typed cells (.fods), compared with what was written."""
    import xml.etree.ElementTree as ET

    path = next(p for p in written[0] if p.stem == "gaze_samples")
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    filter_in = "--infilter=Text - txt - csv (StarCalc):44,34,76,1,,1033,false,true,false,false"
    command = [
        "soffice",
        profile,
        "--headless",
        filter_in,
        "--convert-to",
        "fods",
        "--outdir",
        str(tmp_path),
        str(path),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    ns = {
        "t": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "o": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "x": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    }
    value, repeat, kind = f"{{{ns['o']}}}value", f"{{{ns['t']}}}number-columns-repeated", f"{{{ns['o']}}}value-type"
    rows = []
    for row in ET.parse(tmp_path / "gaze_samples.fods").iterfind(".//t:table-row", ns):
        cells = []
        for cell in row.iterfind("t:table-cell", ns):
            text = "".join(cell.itertext()).strip()
            shown = float(cell.get(value)) if cell.get(kind) == "float" else text
            cells += [shown] * min(int(cell.get(repeat, "1")), 25)
        rows.append(cells)
    with open(path, encoding="utf-8-sig", newline="") as file:
        plain = list(csv.reader(file))
    assert rows[0][:21] == plain[0]
    words = {"student", "seat", "status", "zone"}
    for found, written_row in zip(rows[1 : len(plain)], plain[1:], strict=True):
        found = found + [""] * (21 - len(found))
        for name, a, b in zip(plain[0], found, written_row, strict=False):
            if b == "" or name in words:
                assert a == b, name
            else:
                assert a == pytest.approx(float(b), abs=1e-12), name
