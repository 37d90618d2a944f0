from __future__ import annotations

import io

import pytest

from connect_graph.progress import Bar, Stages, complain


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


def test_a_terminal_is_shown_which_stage_has_begun_and_then_nothing_more() -> None:
    terminal = Terminal()
    stages = Stages(["reading", "storing"], terminal)
    stages.show("reading")
    stages.show("storing")
    stages.end()
    first, second, end = terminal.getvalue().split("\r\x1b[K")[1:]
    assert first == f"[{32 * '.'}] 1 of 2: reading"
    assert second == f"[{16 * '#'}{16 * '.'}] 2 of 2: storing"
    assert end == ""
    file = io.StringIO()
    Stages(["reading"], file).show("reading")
    Stages(["reading"], file).end()
    assert file.getvalue() == ""


def test_a_failure_takes_the_place_of_the_progress(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    complain("no")
    assert capsys.readouterr().err == "connect-graph: no\n"
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    complain("no")
    assert terminal.getvalue() == "\r\x1b[Kconnect-graph: no\n"
