from __future__ import annotations

import io

import pytest

from connect_graph.progress import Bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_shown_how_far_it_is() -> None:
    terminal = Terminal()
    bar = Bar(1200, "patients", terminal)
    for done in (0, 600, 1200):
        bar.show(done)
    nothing, half, whole = terminal.getvalue().split("\r")[1:]
    assert nothing.startswith(f"[{32 * '.'}] 0 of 1,200 patients")
    assert half.startswith(f"[{16 * '#'}{16 * '.'}] 600 of 1,200 patients, ")
    assert "s left" in half
    assert whole.startswith(f"[{32 * '#'}] 1,200 of 1,200 patients\x1b")
    assert whole.endswith("\n")


def test_anything_else_is_shown_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    file = io.StringIO()
    Bar(10, "patients", file).show(5)
    Bar(10, "patients").show(10)
    assert file.getvalue() == ""
    assert capsys.readouterr() == ("", "")
