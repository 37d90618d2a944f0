"""Registration: as which client this page is known to a provider, as the settings say it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connect_graph.provider import is_safe
from connect_graph.settings import SettingsError

NAME = "CONNECT_SIGN_IN"
_TEXTS = ("issuer", "client_id", "url")
_OPTIONAL = ("resource", "audience")
_SECRETS = ("client_secret", "client_secret_file")
_SCOPES = ("openid", "profile")


@dataclass(frozen=True, slots=True)
class Registration:
    """Hold what a provider and this page agreed on."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    url: str
    """Where people find this server, without a slash at the end."""
    scopes: tuple[str, ...] = _SCOPES
    resource: str | None = None
    """{RFC 8707} What the access token is to be for."""
    audience: str | None = None
    """The same, as some providers want it named."""

    @property
    def redirect_uri(self) -> str:
        """Give where the provider sends people back to."""
        return f"{self.url}/graphiql/callback"

    @property
    def origin(self) -> str:
        """Give the origin of the page, as browsers write it."""
        parts = urlsplit(self.url)
        port = {"https": 443, "http": 80}[parts.scheme]
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}" + ("" if parts.port in {None, port} else f":{parts.port}")

    @property
    def path(self) -> str:
        """Give the path of the page."""
        return f"{urlsplit(self.url).path}/graphiql"

    @property
    def is_secure(self) -> bool:
        """Tell whether cookies travel encrypted alone."""
        return self.url.startswith("https:")


def read(text: str) -> Registration:
    """Read the settings of sign-in.

    Raises: SettingsError with the place of what is wrong.
    """
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{NAME} is not JSON: write an object there") from error
    if (wrong := _fault(told)) is not None:
        raise SettingsError(f"{NAME}{wrong}")
    return Registration(
        issuer=told["issuer"],
        client_id=told["client_id"],
        client_secret=_secret(told),
        url=told["url"].rstrip("/"),
        scopes=tuple(told.get("scopes", _SCOPES)),
        resource=told.get("resource"),
        audience=told.get("audience"),
    )


def _fault(told: Any) -> str | None:
    if not isinstance(told, Mapping):
        return f" must be an object with {', '.join(_TEXTS)} and {' or '.join(_SECRETS)}"
    known = (*_TEXTS, *_SECRETS, "scopes", *_OPTIONAL)
    for name in told:
        if name not in known:
            return f".{name} means nothing here: there are {', '.join(known)}"
    for name in (*_TEXTS, *(each for each in known if each in told and each != "scopes")):
        if not isinstance(told.get(name), str) or not told[name]:
            return f".{name} must be a text that is not empty"
    if not is_safe(told["url"]) or "?" in told["url"]:
        return ".url must be this server's public address, with https, or http on this machine"
    scopes = told.get("scopes", list(_SCOPES))
    if not isinstance(scopes, list) or not all(_is_scope(each) for each in scopes):
        return ".scopes must be a list of names without spaces"
    if "openid" not in scopes:
        return ".scopes must name openid: without it nobody is signed in"
    if len([name for name in _SECRETS if name in told]) != 1:
        return f" must have one of {' and '.join(_SECRETS)}"
    return None


def _is_scope(name: object) -> bool:
    return (
        isinstance(name, str)
        and name.isascii()
        and name.isprintable()
        and bool(name)
        and (" " not in name)
    )


def _secret(told: Mapping[str, str]) -> str:
    if (path := told.get("client_secret_file")) is None:
        return told["client_secret"]
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{NAME}.client_secret_file names a file that cannot be read: check path and owner"
        ) from error
    if not text or not text.isprintable():
        raise SettingsError(
            f"{NAME}.client_secret_file names a file that is not one line of text: "
            "write the secret there, alone"
        )
    return text
