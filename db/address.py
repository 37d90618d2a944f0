"""The address of a database: a `postgresql://` URL and what can be changed in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit


class AddressError(ValueError):
    """Say in one sentence what is wrong with a URL, never repeating it: it may hold a password."""


@dataclass(frozen=True, slots=True)
class Address:
    """Hold the parts of a connection URL; the password stays out of the repr."""

    user: str
    database: str
    host: str
    port: int = 5432
    password: str | None = field(default=None, repr=False)
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read a URL; a socket's directory may stand in the query as `host`."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise AddressError("the database URL is malformed: check its host and port") from error
        if parts.scheme not in {"postgresql", "postgres"}:
            raise AddressError("the database URL must begin with postgresql://")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        host = unquote(parts.hostname or "") or options.pop("host", "")
        if not host:
            raise AddressError(
                "the database URL names no host: use postgresql://user@host/database"
            )
        if not parts.username:
            raise AddressError(
                "the database URL names no user: use postgresql://user@host/database"
            )
        database = unquote(parts.path.removeprefix("/"))
        if not database:
            raise AddressError("the database URL names no database: end it with /name")
        spelled_port = options.pop("port", "")
        if spelled_port and not spelled_port.isdecimal():
            raise AddressError("the database URL's port is not a number")
        return cls(
            user=unquote(parts.username),
            database=database,
            host=host,
            port=port or int(spelled_port or 5432),
            password=None if parts.password is None else unquote(parts.password),
            options=tuple(options.items()),
        )

    @property
    def is_socket(self) -> bool:
        """Tell whether the host is the directory of a local socket."""
        return self.host.startswith("/")

    def at(self, database: str) -> Address:
        """Point to another database of the same server."""
        return replace(self, database=database)

    def login(self, user: str, password: str | None = None) -> Address:
        """Log in as another user; the old password never goes along."""
        return replace(self, user=user, password=password)

    def with_options(self, **options: str) -> Address:
        """Add or change options of the query."""
        return replace(self, options=tuple({**dict(self.options), **options}.items()))

    @property
    def url(self) -> str:
        """Spell the URL, as asyncpg, libpq and dbmate read it."""
        secret = "" if self.password is None else f":{quote(self.password, safe='')}"
        who = f"{quote(self.user, safe='')}{secret}@"
        path = f"/{quote(self.database, safe='')}"
        if self.is_socket:
            where, query = "", (("host", self.host), ("port", str(self.port)), *self.options)
        else:
            name = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
            where, query = f"{name}:{self.port}", self.options
        tail = f"?{urlencode(query, safe='/', quote_via=quote)}" if query else ""
        return f"postgresql://{who}{where}{path}{tail}"
