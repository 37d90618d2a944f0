"""Wrong descriptions of issuers, and what is said of each: by the API and by the gateway alike."""

from __future__ import annotations

from typing import Any

GOOD: dict[str, Any] = {
    "issuer": "https://issuer.example",
    "audience": "connect-graph",
    "algorithms": ["ES256"],
    "organisation": "org",
}
LONG = "an issuer has issuer, audience, algorithms, organisation, keys, url, file"
SAFE = "[0].url must have https, or http on this machine, and no password"
ASKED = "[0].issuer must have https to be asked for its keys: or give keys, url or file"
WRONG: list[tuple[Any, str]] = [
    ({}, " must be a list of objects, one for each issuer"),
    ([1], "[0] must be an object with issuer, audience, algorithms and organisation"),
    ([[]], "[0] must be an object with issuer, audience, algorithms and organisation"),
    ([{}], "[0].issuer must be a text that is not empty"),
    ([GOOD, {**GOOD, "issuer": ""}], "[1].issuer must be a text that is not empty"),
    ([{**GOOD, "audience": ["a"]}], "[0].audience must be a text that is not empty"),
    ([{**GOOD, "organisation": None}], "[0].organisation must be a text that is not empty"),
    ([{**GOOD, "algorithms": []}], "[0].algorithms must be a list that names at least one"),
    ([{**GOOD, "algorithms": "ES256"}], "[0].algorithms must be a list that names at least one"),
    ([{**GOOD, "algorithms": ["ES256", "HS256"]}], "[0].algorithms must be asymmetric ones: RS256"),
    ([{**GOOD, "algorithms": ["none"]}], "[0].algorithms must be asymmetric ones: RS256"),
    ([{**GOOD, "algorithms": ["RS999"]}], "[0].algorithms must be asymmetric ones: RS256"),
    ([{**GOOD, "audiences": "a"}], f"[0].audiences means nothing here: {LONG}"),
    ([{**GOOD, "url": "https://a", "file": "x"}], "[0] has url and file: give one of them"),
    ([{**GOOD, "file": ""}], "[0].file must be the path of a JWKS, a JWK or a public key in PEM"),
    ([{**GOOD, "url": "http://issuer.example/jwks"}], SAFE),
    ([{**GOOD, "url": "https://u:p@issuer.example/jwks"}], SAFE),
    ([{**GOOD, "url": "file:///etc/passwd"}], SAFE),
    ([{**GOOD, "url": "jwks"}], SAFE),
    ([{**GOOD, "url": 1}], SAFE),
    ([{**GOOD, "issuer": "http://issuer.example"}], ASKED),
    ([{**GOOD, "issuer": "issuer"}], ASKED),
    ([{**GOOD, "issuer": "https://issuer.example?a=b"}], ASKED),
    ([GOOD, GOOD], " names the issuer https://issuer.example twice: name each once"),
]
"""Each with what follows the name of the variable."""
RIGHT: list[Any] = [
    [],
    [GOOD],
    [{**GOOD, "issuer": "http://127.0.0.1:9"}],
    [{**GOOD, "issuer": "http://localhost:9/realms/x"}],
    [{**GOOD, "issuer": "not a URL", "url": "http://[::1]:9/jwks"}],
    [{**GOOD, "algorithms": ["RS256", "PS512", "EdDSA", "Ed25519"], "url": "https://a/b?c=d"}],
]
