import pytest

from gazeclass.errors import InputError
from gazeclass.reading import read_table, read_text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(("separator", "comma"), [(",", "."), (";", ","), ("\t", ","), (";", ".")])
def test_tables_as_programs_save_them(tmp_path, encoding, separator, comma):
    path = tmp_path / "Maße.csv"
    lines = ["Point, x_m", "  # a remark", "", "Tür, 3.25", "Ecke, 4.5", ",", ""]
    text = "\r\n".join(lines).replace(",", separator)
    text = text.replace("3.25", f"3{comma}25").replace("4.5", f"4{comma}5")
    path.write_bytes(text.encode(encoding))
    table = read_table(path)
    assert table.columns == ("point", "x_m")
    assert [(row.line, row.cells["point"], table.number(row.cells["x_m"])) for row in table.rows] == [
        (4, "Tür", 3.25),
        (5, "Ecke", 4.5),
    ]


def test_excels_hint_is_no_header_and_short_lines_have_empty_cells(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("sep=;\na;b\n1\n1;2;3\n")
    assert [row.cells for row in read_table(path).rows] == [{"a": "1", "b": ""}, {"a": "1", "b": "2"}]


def test_a_decimal_comma_between_commas_is_not_cut_off(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b_m\nC00,3,343\n")
    with pytest.raises(InputError, match=r"line 2 has 3 cells, the first line names 2. Write numbers with a point"):
        read_table(path)


def test_an_empty_table_has_no_columns(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("\n\n# nothing\n")
    assert read_table(path).columns == ()


def test_a_point_is_no_thousands_separator_in_a_table_with_commas(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('a\n"1,5"\n')
    table = read_table(path)
    with pytest.raises(ValueError, match="1,5"):
        table.number(table.rows[0].cells["a"])


def test_other_encodings_are_refused_with_the_line(tmp_path):
    path = tmp_path / "room.toml"
    path.write_bytes("[board]\nname = 'Räume'".encode("latin-1"))
    with pytest.raises(InputError, match=r"line 2 is not UTF-8 text. Save the file as UTF-8."):
        read_text(path)
    path.write_bytes(b"\xff\xfea")
    with pytest.raises(InputError, match="line 1 is not UTF-16"):
        read_text(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_text(tmp_path / "absent")


def test_a_cell_that_never_ends(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + '"' + "x" * 200_000 + "\n")
    with pytest.raises(InputError, match="cannot be read as a table"):
        read_table(path)
