"""The settings of identity: what is wrong is told with its place, by the API and the gateway."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from connect_graph import registration, trust
from connect_graph.gateway import FOLDER, SUPERGRAPH, node
from connect_graph.issuer import DEMO_ISSUER
from connect_graph.settings import Settings, SettingsError
from tests.identity.wrong_issuers import GOOD, RIGHT, WRONG

LOAD = """
import { load } from "./settings.ts";
for (const issuers of JSON.parse(process.env.CASES)) {
  try {
    load({ ...process.env, GATEWAY_ISSUERS: JSON.stringify(issuers) });
    console.log("right");
  } catch (error) { console.log(`${error.constructor.name}: ${error.message}`); }
}
"""
SECRET = "hunter2 hunter2"
AGREED: dict[str, Any] = {
    "issuer": GOOD["issuer"],
    "client_id": "page",
    "client_secret": SECRET,
    "url": "https://graph.example/trial/",
}


def believed(issuers: Any, **others: str) -> list[str]:
    text = issuers if isinstance(issuers, str) else json.dumps(issuers)
    settings = Settings.load({"CONNECT_ISSUERS": text, **others})
    return [issuer.name for issuer in trust.believed(settings)]


@pytest.mark.parametrize(("issuers", "said"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_wrong_is_told_with_its_place(issuers: Any, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        believed(issuers)
    assert str(caught.value).startswith(f"CONNECT_ISSUERS{said}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("issuers", RIGHT, ids=str)
def test_what_is_right_is_taken(issuers: Any) -> None:
    assert believed(issuers) == [one["issuer"] for one in issuers]


def test_the_gateway_says_the_same() -> None:
    cases = [*(issuers for issuers, _ in WRONG), *RIGHT]
    if not (FOLDER / "node_modules" / "jose").is_dir():
        pytest.skip("the gateway's Node packages are not there: run make setup")
    told = subprocess.run(
        [node(), "--input-type=module", "--eval", LOAD],
        cwd=FOLDER,
        env={"CASES": json.dumps(cases), "GATEWAY_SUPERGRAPH": str(SUPERGRAPH)},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout.splitlines()
    assert len(told) == len(cases)
    for line, (_, said) in zip(told, WRONG, strict=False):
        assert line.startswith(f"SettingsError: GATEWAY_ISSUERS{said}")
    assert told[len(WRONG) :] == ["right"] * len(RIGHT)


@pytest.mark.parametrize("text", ["{", "x", "[" * 90_000])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^CONNECT_ISSUERS is not JSON"):
        believed(text)


def test_the_demonstration_stands_beside_others_but_not_twice(tmp_path: Path) -> None:
    demo = {"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(tmp_path)}
    assert believed([GOOD], **demo) == [DEMO_ISSUER, GOOD["issuer"]]
    with pytest.raises(SettingsError, match="twice"):
        believed([{**GOOD, "issuer": DEMO_ISSUER}], **demo)
    assert believed([{**GOOD, "issuer": DEMO_ISSUER}]) == [DEMO_ISSUER]


def test_issuers_may_be_in_a_file_of_many_lines(tmp_path: Path) -> None:
    file = tmp_path / "issuers.json"
    file.write_text(json.dumps([GOOD], indent=2))
    settings = Settings.load({"CONNECT_ISSUERS_FILE": str(file)})
    assert [issuer.name for issuer in trust.believed(settings)] == [GOOD["issuer"]]
    with pytest.raises(SettingsError, match="CONNECT_ISSUERS_FILE names a file that cannot be"):
        Settings.load({"CONNECT_ISSUERS_FILE": str(tmp_path / "none")})
    with pytest.raises(SettingsError, match="both set"):
        Settings.load({"CONNECT_ISSUERS_FILE": str(file), "CONNECT_ISSUERS": "[]"})


def test_keys_that_cannot_be_used_are_told_of_at_the_start(tmp_path: Path) -> None:
    place = tmp_path / "none"
    for keys in ({"file": str(place)}, {"keys": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}}):
        with pytest.raises(SettingsError) as caught:
            believed([{**GOOD, **keys}])
        said = str(caught.value)
        assert said.startswith(f"The keys of the issuer {GOOD['issuer']} cannot be used: ")
        assert "c2VjcmV0" not in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"issuer": None}, ".issuer must be a text"),
        ({"client_id": ""}, ".client_id must be a text"),
        ({"client_secret": None}, " must have one of client_secret and client_secret_file"),
        ({"client_secret_file": "x"}, " must have one of client_secret and client_secret_file"),
        ({"client_secret": None, "client_secret_file": "none"}, ".client_secret_file names a file"),
        ({"url": "http://graph.example"}, ".url must be this server's public address"),
        ({"url": "https://u:p@graph.example"}, ".url must be this server's public address"),
        ({"url": "https://graph.example?x"}, ".url must be this server's public address"),
        ({"url": "https://graph.example#x"}, ".url must be this server's public address"),
        ({"url": "javascript:alert(1)"}, ".url must be this server's public address"),
        ({"scopes": "openid"}, ".scopes must be a list"),
        ({"scopes": ["openid profile"]}, ".scopes must be a list of names without spaces"),
        ({"scopes": ["profile"]}, ".scopes must name openid"),
        ({"resource": 1}, ".resource must be a text"),
        ({"secret": SECRET}, ".secret means nothing here"),
    ],
)
def test_a_wrong_registration_is_told_with_its_place(changes: dict[str, Any], said: str) -> None:
    told = {name: value for name, value in {**AGREED, **changes}.items() if value is not None}
    with pytest.raises(SettingsError) as caught:
        registration.read(json.dumps(told))
    assert str(caught.value).startswith(f"CONNECT_SIGN_IN{said}")
    assert SECRET not in str(caught.value)


def test_people_sign_in_with_an_issuer_that_is_believed(tmp_path: Path) -> None:
    settings = Settings.load(
        {"CONNECT_ISSUERS": json.dumps([GOOD]), "CONNECT_SIGN_IN": json.dumps(AGREED)}
    )
    made = trust.sign_in(settings, trust.believed(settings))
    assert made is not None
    assert made.link == "https://graph.example/trial/graphiql/sign-in"
    with pytest.raises(SettingsError, match="must be one of CONNECT_ISSUERS"):
        trust.sign_in(settings, [])
    assert SECRET not in repr(settings)
    assert SECRET not in repr(registration.read(json.dumps(AGREED)))
    assert trust.sign_in(Settings.load({}), []) is None


def test_a_session_key_is_long(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^CONNECT_SESSION_KEY must have 32 characters"):
        Settings.load({"CONNECT_SESSION_KEY": "short"})
    file = tmp_path / "key"
    file.write_text("k" * 32)
    settings = Settings.load({"CONNECT_SESSION_KEY_FILE": str(file)})
    assert settings.session_key == "k" * 32
    assert "k" * 32 not in repr(settings)


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("https://graph.example", "https://graph.example", "/graphiql"),
        ("https://Graph.example:443/", "https://graph.example", "/graphiql"),
        ("https://graph.example:8443/a/b/", "https://graph.example:8443", "/a/b/graphiql"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", "/graphiql"),
        ("http://[::1]:8000", "http://[::1]:8000", "/graphiql"),
    ],
)
def test_the_origin_is_as_browsers_write_it(url: str, origin: str, path: str) -> None:
    found = registration.read(json.dumps({**AGREED, "url": url}))
    assert (found.origin, found.path) == (origin, path)
    assert found.is_secure is url.startswith("https")
