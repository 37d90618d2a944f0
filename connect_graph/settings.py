"""The settings of the process, read once from its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from connect_graph.bounds import USUAL, Bounds
from db.address import Address, AddressError
from db.viewer import Role
from resolvers.limits import MOST_COST

ROLES = (
    "partner",
    "researcher",
    "authority",
    "clinician",
    "steward",
    "identity",
    "audit",
    "office",
)
LEAST_KEY = 32
"""How many characters make a key that nobody guesses."""
_CHECKOUT = Path(__file__).resolve().parent.parent


class SettingsError(ValueError):
    """Say in one sentence which variable is wrong and how to mend it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold the settings; connection URLs stay out of the repr, since they may carry passwords."""

    data_dir: Path
    key_file: Path
    audit_key_file: Path
    release_key_file: Path
    demo: bool = False
    pool_size: int = 8
    telemetry: bool = False
    bounds: Bounds = USUAL
    database_url: str | None = field(default=None, repr=False)
    login_urls: Mapping[str, str] = field(default_factory=dict, repr=False)
    issuers: str | None = field(default=None, repr=False)
    """Whose tokens are believed, as JSON; `trust` reads it."""
    sign_in: str | None = field(default=None, repr=False)
    """As which client the page signs people in, as JSON; `registration` reads it."""
    session_key: str | None = field(default=None, repr=False)
    stored_only: frozenset[Role] = frozenset()
    """The roles that run stored operations alone."""

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings, an empty variable counting as an absent one."""
        present = {name: text for name, raw in environ.items() if (text := raw.strip())}
        data_dir = _directory(present)
        return cls(
            data_dir=data_dir,
            key_file=_path(present.get("CONNECT_KEY_FILE")) or data_dir / "pseudonym.key",
            audit_key_file=_path(present.get("CONNECT_AUDIT_KEY_FILE")) or data_dir / "audit.key",
            release_key_file=_path(present.get("CONNECT_RELEASE_KEY_FILE"))
            or data_dir / "release.key",
            demo=_flag(present, "CONNECT_DEMO"),
            pool_size=_count(present, "CONNECT_POOL_SIZE", default=8, least=1, most=100),
            telemetry="OTEL_EXPORTER_OTLP_ENDPOINT" in present,
            bounds=_bounds(present),
            database_url=_address(present, "DATABASE_URL"),
            issuers=_text(present, "CONNECT_ISSUERS"),
            sign_in=_text(present, "CONNECT_SIGN_IN"),
            session_key=_key(present, "CONNECT_SESSION_KEY"),
            stored_only=_roles(present, "CONNECT_STORED_ONLY"),
            login_urls=MappingProxyType(
                {
                    role: url
                    for role in ROLES
                    if (url := _address(present, f"DATABASE_URL_{role.upper()}")) is not None
                }
            ),
        )

    def logins(self, server: str) -> Mapping[str, str]:
        """Give each role's URL: the environment's with DATABASE_URL, else derived from `server`.

        Only what serves the API asks for them: importing and migrating need DATABASE_URL alone.
        """
        if self.database_url is None:
            address = Address.parse(server)
            return MappingProxyType(
                {role: address.login(f"connect_{role}_login").url for role in ROLES}
            )
        missing = [f"DATABASE_URL_{role.upper()}" for role in ROLES if role not in self.login_urls]
        if missing:
            raise SettingsError(
                f"{', '.join(missing)} must be set when DATABASE_URL is: "
                "give the URL of that role's own login, connect_<role>_login, "
                "or unset DATABASE_URL to use the embedded database"
            )
        return self.login_urls


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text).expanduser().absolute()


def _directory(environ: Mapping[str, str]) -> Path:
    if (given := _path(environ.get("CONNECT_DATA_DIR"))) is not None:
        if given.exists() and not given.is_dir():
            raise SettingsError("CONNECT_DATA_DIR must name a directory, and a file stands there")
        return given
    home = _CHECKOUT if (_CHECKOUT / "pyproject.toml").exists() else Path.cwd()
    return home / ".data"


def _bounds(environ: Mapping[str, str]) -> Bounds:
    def count(name: str, default: int, least: int, most: int) -> int:
        return _count(environ, name, default=default, least=least, most=most)

    return Bounds(
        requests_per_minute=count(
            "CONNECT_REQUESTS_PER_MINUTE", USUAL.requests_per_minute, 1, 1_000_000
        ),
        # An operation that is allowed at all must fit in it.
        cost_per_minute=count(
            "CONNECT_COST_PER_MINUTE", USUAL.cost_per_minute, MOST_COST, 1_000_000 * MOST_COST
        ),
        statement_seconds=count("CONNECT_STATEMENT_SECONDS", USUAL.statement_seconds, 1, 600),
        request_seconds=count("CONNECT_REQUEST_SECONDS", USUAL.request_seconds, 1, 600),
        stream_seconds=count("CONNECT_STREAM_SECONDS", USUAL.stream_seconds, 1, 86_400),
        connections=count("CONNECT_CONNECTIONS", USUAL.connections, 1, 100_000),
        get=_flag(environ, "CONNECT_GET", usual=USUAL.get),
        hsts_seconds=count("CONNECT_HSTS_SECONDS", USUAL.hsts_seconds, 0, 2**31 - 1),
    )


def _flag(environ: Mapping[str, str], name: str, *, usual: bool = False) -> bool:
    text = environ.get(name, str(int(usual)))
    if text not in {"0", "1"}:
        raise SettingsError(f"{name} must be 1 or 0")
    return text == "1"


def _roles(environ: Mapping[str, str], name: str) -> frozenset[Role]:
    """Read roles; not the steward, whose changes cannot be stored."""
    allowed = {role.value: role for role in Role if role is not Role.STEWARD}
    given = [each.strip() for each in environ.get(name, "").split(",") if each.strip()]
    if unknown := [each for each in given if each not in allowed]:
        raise SettingsError(
            f"{name} must be roles, separated by commas, of {', '.join(allowed)}: "
            f"{unknown[0]!r} is none of them"
        )
    return frozenset(allowed[each] for each in given)


def _count(environ: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    text = environ.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
        raise SettingsError(f"{name} must be a whole number from {least} to {most}")
    return int(text)


def _text(environ: Mapping[str, str], name: str) -> str | None:
    """Read a text, or the file that holds it: as Docker and Kubernetes hand secrets over."""
    text, file = environ.get(name), environ.get(f"{name}_FILE")
    if file is None:
        return text
    if text is not None:
        raise SettingsError(f"{name} and {name}_FILE are both set: unset one of them")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(
            f"{name}_FILE names a file that cannot be read ({error.strerror}): check path and owner"
        ) from error
    except UnicodeDecodeError:
        return ""


def _secret(environ: Mapping[str, str], name: str, what: str = "the URL") -> str | None:
    """Read a secret that is one line."""
    text = _text(environ, name)
    if f"{name}_FILE" in environ and (not text or not text.isprintable()):
        raise SettingsError(
            f"{name}_FILE names a file that is not one line of text: write {what} there, alone"
        )
    return text


def _key(environ: Mapping[str, str], name: str) -> str | None:
    text = _secret(environ, name, "the key")
    if text is not None and len(text) < LEAST_KEY:
        raise SettingsError(
            f"{name} must have {LEAST_KEY} characters or more: openssl rand -hex 32 makes it"
        )
    return text


def _address(environ: Mapping[str, str], name: str) -> str | None:
    text = _secret(environ, name)
    if text is None:
        return None
    try:
        Address.parse(text)
    except AddressError as error:
        raise SettingsError(f"{name} is not usable: {error}") from error
    return text
