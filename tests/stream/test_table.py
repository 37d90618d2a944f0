"""What a row of a table is."""

from __future__ import annotations

from connect_graph.table import Table


def test_cells_are_written_as_the_page_writes_them() -> None:
    table = Table([("a",), ("b", "c"), ("d",)])
    assert table.head == "a,b.c,d\r\n"
    record = '{"a":-1.50,"b":{"c":"=1+1"},"d":["x","y, \\"z\\"",null,-2]}'
    assert table.rows(record) == '-1.50,\'=1+1,"x; y, ""z""; ; -2"\r\n'
    assert table.rows('{"a":true,"b":null,"d":[]}') == "true,,\r\n"


def test_what_a_spreadsheet_would_run_is_text() -> None:
    table = Table([("a",)])
    for start in ("=", "+", "-", "@", "\\t"):
        row = table.rows(f'{{"a":"{start}cmd"}}')
        assert row == f"'{start.encode().decode('unicode_escape')}cmd\r\n"
    assert table.rows('{"a":"\\rcmd"}') == '"\'\rcmd"\r\n'
    assert table.rows('{"a":1e400}') == "1e400\r\n"
    assert Table([("=a",)]).head == "'=a\r\n"
