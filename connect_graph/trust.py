"""Trust: the issuers whose tokens are believed, as the settings name them.

The form and the rules are those of the gateway: gateway/settings.ts and gateway/keys.ts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from connect_graph import registration
from connect_graph.issuer import DemoIssuer, Issuer
from connect_graph.keys import ALGORITHMS, keys_of
from connect_graph.provider import is_safe
from connect_graph.relying_party import RelyingParty
from connect_graph.seal import Seal
from connect_graph.settings import Settings, SettingsError
from connect_graph.sign_in import SignIn

NAME = "CONNECT_ISSUERS"
_TEXTS = ("issuer", "audience", "organisation")
_PLACES = ("keys", "url", "file")


def believed(settings: Settings) -> list[Issuer]:
    """Give the issuers of the settings, and the demonstration's where it is on.

    Raises: SettingsError.
    """
    demo = [DemoIssuer(settings.data_dir).issuer()] if settings.demo else []
    found = [*demo, *(() if settings.issuers is None else read(settings.issuers))]
    names = [issuer.name for issuer in found]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(f"{NAME} names the issuer {name} twice: name each once")
    return found


def sign_in(settings: Settings, issuers: Sequence[Issuer]) -> SignIn | None:
    """Make what signs people in on the page; None where nothing is said of it.

    Raises: SettingsError.
    """
    if settings.sign_in is None:
        return None
    agreed = registration.read(settings.sign_in)
    for issuer in issuers:
        if issuer.name == agreed.issuer and is_safe(issuer.name):
            return SignIn(agreed, RelyingParty(agreed, issuer), Seal(settings.session_key))
    raise SettingsError(
        f"{registration.NAME}.issuer must be one of {NAME}, with https: "
        "the tokens of another would not be believed"
    )


def read(text: str) -> Iterator[Issuer]:
    """Read a list of issuers.

    Raises: SettingsError with the place of what is wrong.
    """
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{NAME} is not JSON: write a list of objects there") from error
    if not isinstance(told, list):
        raise SettingsError(f"{NAME} must be a list of objects, one for each issuer")
    for place, one in enumerate(told):
        if (wrong := fault(one)) is not None:
            raise SettingsError(f"{NAME}[{place}]{wrong}")
        if "file" in one:  # the gateway runs in a folder of its own
            one["file"] = str(Path(one["file"]).expanduser().absolute())
        try:
            keys = keys_of(one["issuer"], one, one["algorithms"])
        except ValueError as error:
            raise SettingsError(
                f"The keys of the issuer {one['issuer']} cannot be used: {error}"
            ) from error
        yield Issuer(
            name=one["issuer"],
            audience=one["audience"],
            organisation_claim=one["organisation"],
            algorithms=tuple(one["algorithms"]),
            keys=keys,
            description=one,
        )


def fault(one: Any) -> str | None:
    """Tell what is wrong with an issuer's description, from its place on."""
    if not isinstance(one, Mapping):
        return " must be an object with issuer, audience, algorithms and organisation"
    for name in one:
        if name not in {*_TEXTS, *_PLACES, "algorithms"}:
            known = ", ".join((*_TEXTS[:2], "algorithms", _TEXTS[2], *_PLACES))
            return f".{name} means nothing here: an issuer has {known}"
    for name in _TEXTS:
        if not isinstance(one.get(name), str) or not one[name]:
            return f".{name} must be a text that is not empty"
    algorithms = one.get("algorithms")
    if not isinstance(algorithms, list) or not algorithms:
        return ".algorithms must be a list that names at least one"
    if not all(name in ALGORITHMS for name in algorithms):
        return f".algorithms must be asymmetric ones: {', '.join(ALGORITHMS)}"
    given = [name for name in _PLACES if name in one]
    if len(given) > 1:
        return f" has {' and '.join(given)}: give one of them, or none to ask the issuer"
    if given == ["file"] and (not isinstance(one["file"], str) or not one["file"]):
        return ".file must be the path of a JWKS, a JWK or a public key in PEM"
    if given == ["url"] and not is_safe(one["url"]):
        return ".url must have https, or http on this machine, and no password"
    if not given and not (is_safe(one["issuer"]) and "?" not in one["issuer"]):
        return ".issuer must have https to be asked for its keys: or give keys, url or file"
    return None
