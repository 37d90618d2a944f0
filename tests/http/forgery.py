"""Tokens that no issuer of ours signed so: what each gets wrong is its name."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from connect_graph.issuer import AUDIENCE, DEMO_ISSUER, TOKEN_TYPE

DROPPED: Any = object()


def encoded(part: object) -> str:
    """Write a part of a token, JSON where it is not bytes."""
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Forger:
    """Sign what an issuer never would, with its own key or another."""

    key: ECKey
    organisation: str
    subject: str
    issuer: str = DEMO_ISSUER
    audience: str = AUDIENCE
    type: str = TOKEN_TYPE
    claim: str = "org"
    """The claim that names the organisation."""

    def header(self, **changes: Any) -> dict[str, Any]:
        """Give a right header, changed."""
        return _changed({"alg": "ES256", "typ": self.type, "kid": self.key.kid}, changes)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Give right claims, changed."""
        now = int(time.time())
        right = {"iss": self.issuer, "aud": self.audience, "sub": self.subject}
        right[self.claim] = self.organisation
        return _changed({**right, "iat": now, "nbf": now, "exp": now + 600}, changes)

    def sign(
        self, header: object, claims: object, *, algorithm: str = "ES256", key: Any = None
    ) -> str:
        """Sign whatever is given."""
        text = f"{encoded(header)}.{encoded(claims)}"
        signature = jws.JWSRegistry.algorithms[algorithm].sign(text.encode(), key or self.key)
        return f"{text}.{encoded(signature)}"

    def by_header(self) -> Iterator[tuple[str, str]]:
        """Sign headers that must not be believed, whatever the signature."""
        good = self.claims()
        changes: dict[str, dict[str, Any]] = {
            "kid of nobody": {"kid": "nobody"},
            "kid a number": {"kid": 1},
            "kid an object": {"kid": {}},
            "typ JWT": {"typ": "JWT"},
            "typ missing": {"typ": DROPPED},
            "typ a number": {"typ": 1},
            "typ a list": {"typ": [self.type]},
            "typ null": {"typ": None},
            "alg missing": {"alg": DROPPED},
            "alg a number": {"alg": 1},
            "alg a list": {"alg": ["ES256"]},
            "alg unknown": {"alg": "ES257"},
            "alg in small letters": {"alg": "es256"},
            "crit": {"crit": ["exp"], "exp": 1},
            "crit empty": {"crit": []},
            "payload not encoded": {"b64": False, "crit": ["b64"]},
            "compressed": {"zip": "DEF"},
            "header huge": {"x": "x" * 600},
        }
        for name, change in changes.items():
            yield name, self.sign(self.header(**change), good)
        headers: list[object] = [[], "header", None, 1, b"{", b"\xff", b"", b"[" * 3_000]
        for header in headers:
            yield f"header {str(header)[:8]}", self.sign(header, good)

    def by_key(self) -> Iterator[tuple[str, str]]:
        """Sign right claims with keys and algorithms that are not the issuer's."""
        good = self.claims()
        other = ECKey.generate_key("P-256", {"kid": self.key.kid or ""}, private=True)
        public = self.key.as_dict(private=False)
        yield "another key", self.sign(self.header(), good, key=other)
        for name in ("jwk", "x5c", "jku", "x5u"):
            carried = other.as_dict(private=False) if name == "jwk" else "https://x.invalid"
            yield f"key in {name}", self.sign(self.header(**{name: carried}), good, key=other)
        rsa = RSAKey.generate_key(2048, {"kid": self.key.kid or ""}, private=True)
        for algorithm in ("RS256", "PS256"):
            header = self.header(alg=algorithm)
            yield algorithm, self.sign(header, good, algorithm=algorithm, key=rsa)
        pem = self.key.as_pem(private=False)
        for secret in (pem, json.dumps(public).encode(), public["x"].encode(), b"0" * 32):  # type: ignore[union-attr]
            mac = OctKey.import_key(base64.urlsafe_b64encode(secret).decode())
            yield (
                f"HS256 {secret[:8]!r}",
                self.sign(self.header(alg="HS256"), good, algorithm="HS256", key=mac),
            )
        for name in ("none", "None", "NONE", ""):
            yield f"alg {name!r}", f"{encoded(self.header(alg=name))}.{encoded(good)}.AAAA"
            yield f"unsigned {name!r}", f"{encoded(self.header(alg=name))}.{encoded(good)}."

    def by_claims(self) -> Iterator[tuple[str, str]]:
        """Sign wrong claims with the right key."""
        now = int(time.time())
        changes: dict[str, list[Any]] = {
            "exp": [
                DROPPED,
                now - 31,
                0,
                -1,
                None,
                True,
                str(now + 600),
                [now + 600],
                float("nan"),
            ],
            "nbf": [now + 60, None, "0", float("nan")],
            "iat": [now + 60, "0"],
            "aud": [
                DROPPED,
                "",
                "other",
                [self.audience],
                [self.audience, "other"],
                [],
                None,
                {},
                self.audience.upper(),
            ],
            "iss": [DROPPED, "", "other", f"{self.issuer}/", [self.issuer], None, 1],
            "sub": [DROPPED, "", 1, None, [self.subject], {}, "a\0b", "\ud800", "a\nb"],
            self.claim: [
                DROPPED,
                "",
                int(self.organisation),
                None,
                [self.organisation],
                f"{self.organisation}\n",
                "٩٩٩٠٠٠١٨٦",
                "99900018",
                "A99000186",
            ],
        }
        for claim, values in changes.items():
            for value in values:
                name = "missing" if value is DROPPED else repr(value)
                yield f"{claim} {name}", self.sign(self.header(), self.claims(**{claim: value}))
        payloads: list[object] = [
            [],
            "claims",
            None,
            1,
            b"{",
            b"\xff",
            b"",
            b"[" * 2_500,
            b'{"iss":' * 900,
        ]
        for claims in payloads:
            yield f"claims {str(claims)[:8]}", self.sign(self.header(), claims)

    def by_form(self) -> Iterator[tuple[str, str]]:
        """Damage a right token."""
        token = self.sign(self.header(), self.claims())
        header, claims, signature = token.split(".")
        raw = base64.urlsafe_b64decode(signature + "==")
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        yield (
            "tampered claims",
            f"{header}.{encoded(self.claims(sub='demo-steward-2'))}.{signature}",
        )
        yield "tampered header", f"{encoded(self.header(x=1))}.{claims}.{signature}"
        yield "signature of zeros", f"{header}.{claims}.{encoded(bytes(64))}"
        yield "signature in DER", f"{header}.{claims}.{encoded(der)}"
        yield "signature short", f"{header}.{claims}.{encoded(raw[:63])}"
        yield "signature long", f"{header}.{claims}.{encoded(raw + b'0')}"
        yield "signature missing", f"{header}.{claims}."
        yield "two parts", f"{header}.{claims}"
        yield "four parts", f"{token}.{signature}"
        yield "five parts", f"{header}.{claims}.{claims}.{claims}.{signature}"
        yield "padded", f"{token}=="
        yield "bad base64", f"{header}.{claims[:-1]}*.{signature}"
        yield "one letter in a part", f"{header}.a.{signature}"
        yield "with a space", f"{header}. {claims}.{signature}"
        yield "too long", f"{header}.{claims}.{'A' * 9_000}"
        yield "dots", ".."


def _changed(right: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**right, **changes}.items() if value is not DROPPED}
