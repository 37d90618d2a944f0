"""A provider to test with: oidc-provider in a process of Node, and what it is told to do."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from connect_graph.gateway import node
from tests.identity.journey import browser

FOLDER = Path(__file__).resolve().parent / "provider"
RESOURCE = "https://graph.example/"
AUDIENCE = "connect-graph"
MACHINE = "nightly-report"
SECRET = "a secret: 100 % of + & / =?"
PAGE = "page"
ORGANISATION = "999000259"


def new_key(kid: str) -> ECKey:
    """Make a key to sign with."""
    return ECKey.generate_key("P-256", {"kid": kid}, private=True)


@dataclass(slots=True)
class Provider:
    """Hold a running provider."""

    process: subprocess.Popen[str]
    keys: list[ECKey]
    url: str = field(default="")

    def described(self, **place: Any) -> dict[str, Any]:
        """Describe it as an issuer: asked for its keys itself, or where a place is given."""
        return {
            "issuer": self.url,
            "audience": AUDIENCE,
            "algorithms": ["ES256"],
            "organisation": "organisation",
            **place,
        }

    @property
    def jwks(self) -> str:
        return f"{self.url}/jwks"

    def rotate(self, *keys: ECKey) -> None:
        """Have it sign with the first of some keys from now on, and publish them all."""
        self.keys = list(keys)
        self._tell(rotate=[key.as_dict(private=True) for key in keys])

    def stop(self) -> None:
        """Have nobody reach it; what it remembers stays."""
        self._tell(stop=True)

    def start(self) -> None:
        self._tell(start=True)

    def count(self, path: str) -> int:
        """Count the requests for a path so far."""
        return int(self._tell(count=True).get(path, 0))

    async def token(self) -> str:
        """Give a machine's token, by its own id and secret."""
        async with browser() as http:
            response = await http.post(
                f"{self.url}/token",
                data={
                    "grant_type": "client_credentials",
                    "resource": RESOURCE,
                    "client_id": MACHINE,
                    "client_secret": SECRET,
                },
            )
        assert response.status_code == 200, response.text
        return str(response.json()["access_token"])

    def _tell(self, **command: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{json.dumps(command)}\n")
        self.process.stdin.flush()
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told


@contextmanager
def providing(
    name: str, accounts: Sequence[str] = (), *, seconds: int = 600, page: str | None = None
) -> Iterator[Provider]:
    """Run a provider, which knows a machine, some accounts, and a page where it is named."""
    keys = [new_key(f"{name}-1")]
    clients: list[dict[str, Any]] = [
        {
            "client_id": MACHINE,
            "client_secret": SECRET,
            "token_endpoint_auth_method": "client_secret_post",
            "grant_types": ["client_credentials"],
            "redirect_uris": [],
            "response_types": [],
            "id_token_signed_response_alg": "ES256",
        }
    ]
    if page is not None:
        clients.append(
            {
                "client_id": PAGE,
                "client_secret": SECRET,
                "grant_types": ["authorization_code", "refresh_token"],
                "redirect_uris": [f"{page}/graphiql/callback"],
                "post_logout_redirect_uris": [f"{page}/graphiql"],
                "id_token_signed_response_alg": "ES256",
            }
        )
    known = {
        login: {"name": f"{login.title()} of {name}", "organisation": ORGANISATION}
        for login in (MACHINE, *accounts)
    }
    if "homeless" in known:
        del known["homeless"]["organisation"]
    told = {
        "port": 0,
        "keys": [key.as_dict(private=True) for key in keys],
        "accounts": known,
        "clients": clients,
        "resource": RESOURCE,
        "audience": AUDIENCE,
        "seconds": seconds,
    }
    process = subprocess.Popen(
        [node(), "provider.mjs"],
        cwd=FOLDER,
        env={"PROVIDER": json.dumps(told)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        provider = Provider(process, keys)
        provider.url = json.loads(process.stdout.readline())["ready"]
        yield provider
    finally:
        process.terminate()
        process.communicate(timeout=20)
