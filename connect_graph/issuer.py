"""Issuers: whose tokens are believed, and the one that exists for the demonstration alone."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from connect_graph.keys import Keys, keys_of

DEMO_ISSUER = "https://demo.connect-graph.invalid"
AUDIENCE = "connect-graph"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - the media type of RFC 9068
DEMO_SECONDS = 12 * 3600
_ALGORITHM = "ES256"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Hold what a token must show to be this issuer's."""

    name: str
    audience: str
    organisation_claim: str
    """The claim that holds the nine digits of the subject's organisation."""
    algorithms: tuple[str, ...]
    keys: Keys
    description: Mapping[str, Any]
    """How it stands in the settings, the gateway's too."""


class IssuerError(Exception):
    """Say in one sentence why the demonstration's issuer cannot be used."""


class DemoIssuer:
    """Sign tokens for the demonstration, with a key that lies beside its database."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "demo-issuer.key"

    def issuer(self) -> Issuer:
        """Give what verifies the tokens; makes the key where there is none."""
        description = {
            "issuer": DEMO_ISSUER,
            "audience": AUDIENCE,
            "algorithms": [_ALGORITHM],
            "organisation": "org",
            "keys": json.loads(self.public_keys()),
        }
        keys = keys_of(DEMO_ISSUER, description, (_ALGORITHM,))
        return Issuer(DEMO_ISSUER, AUDIENCE, "org", (_ALGORITHM,), keys, description)

    def public_keys(self) -> str:
        """Write what verifies the tokens as a JWKS, for programs that verify them elsewhere."""
        key = self._key().as_dict(private=False)
        return json.dumps({"keys": [{**key, "use": "sig", "alg": _ALGORITHM}]})

    def token(self, organisation: str, subject: str) -> str:
        """Sign a token that says who asks, and nothing of what they may."""
        now = int(time.time())
        key = self._key()
        return jwt.encode(
            {"alg": _ALGORITHM, "typ": TOKEN_TYPE, "kid": key.kid},
            {
                "iss": DEMO_ISSUER,
                "aud": AUDIENCE,
                "sub": subject,
                "org": organisation,
                "iat": now,
                "nbf": now,
                "exp": now + DEMO_SECONDS,
            },
            key,
        )

    def _key(self) -> ECKey:
        try:
            if not self._path.exists():
                self._make()
            key = ECKey.import_key(json.loads(self._path.read_text()))
        except (OSError, ValueError, JoseError) as error:
            raise IssuerError(
                f"{self._path} cannot be read as the demonstration's key: remove it and start again"
            ) from error
        key.ensure_kid()
        return key

    def _make(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(ECKey.generate_key("P-256", private=True).as_dict(private=True))
        fresh = self._path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        try:
            os.link(fresh, self._path)  # another process may have been faster: then its key stays
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
