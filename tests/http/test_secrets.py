"""Planted secrets and values: the real processes are driven through all that goes wrong, and then
everything that they said is searched."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import asyncpg
import httpx
import pytest

from connect_graph import database as office
from connect_graph.embedded import Server
from connect_graph.gateway import environment as gateway_environment
from connect_graph.gateway import start_gateway, stop
from connect_graph.issuer import DEMO_ISSUER, DemoIssuer
from connect_graph.settings import ROLES, Settings
from db.address import Address
from db.synthetic.demo import member
from schema.subgraph import SUBGRAPHS
from tests.conftest import Clone
from tests.http.client import GRAPHQL, Client, bearer, codes
from tests.ingest import study
from tests.world import ROOT, environment

PASSWORD = "plantedpassword7391"
PATIENT, SAMPLE = "PLANTEDPATIENT7392", "PLANTEDSAMPLE7393"
LITERAL, NAME, HEADER = "PLANTEDLITERAL7394", "PLANTEDNAME7395", "PLANTEDHEADER7396"
SECRETS = ("password", "token", "signature", "issuer key", "pseudonym key", "audit key")
VALUES = ("patient", "sample", "id")
BROUGHT = ("literal", "name", "header")
"""What a request brings: an error may repeat it to who sent it, and nothing else may."""
TOLD = {"log", "gateway log", "telemetry", "trouble", "processes"}
"""Where nothing that was planted may be; errors and PostgreSQL's log beside."""
FIND = f"""query {NAME}($id: String) {{ {NAME}: patients(first: 5, where: {{ or: [
  {{ sourceId: {{ eq: "{LITERAL}" }} }}, {{ sourceId: {{ eq: $id }} }} ] }}) {{
  nodes {{ id sourceId specimens {{ sourceId }} }} }} }}"""
BOOM = """
create function connect.boom(held text) returns boolean language plpgsql as $$
begin
  raise exception using errcode = {code}, message = 'it held ' || held,
    detail = 'Key (' || held || ') exists', hint = held;
end $$;
grant execute on function connect.boom(text) to connect_steward;
create policy boom on connect.patient_identity as restrictive for select to connect_steward
  using (connect.boom(source_key));
"""
CALM = "drop policy boom on connect.patient_identity; drop function connect.boom(text);"
SLOW = """create policy boom on connect.patient_identity as restrictive for select
  to connect_steward using ((select true from pg_sleep(30)))"""


@dataclass(slots=True)
class Told:
    """Hold what was planted, in every spelling, and all that was said."""

    planted: dict[str, tuple[bytes, ...]] = field(default_factory=dict)
    said: dict[str, bytes] = field(default_factory=dict)

    def say(self, where: str, text: str | bytes) -> None:
        """Add what was said somewhere."""
        spelled = text.encode() if isinstance(text, str) else text
        self.said[where] = self.said.get(where, b"") + spelled + b"\n"

    def found(self, name: str, where: str) -> bool:
        """Tell whether what was planted is there."""
        return any(each in self.said[where] for each in self.planted[name])


@contextmanager
def collecting(told: Told) -> Iterator[str]:
    """Receive what is exported by OTLP, over real HTTP."""

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.say("telemetry", f"{self.path} {self.headers}")
            told.say("telemetry", self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def spellings(secret: bytes) -> tuple[bytes, ...]:
    """Spell bytes as they may be written."""
    return (secret, secret.hex().encode(), base64.b64encode(secret)[:40], repr(secret).encode())


def with_password(environ: Mapping[str, str]) -> tuple[dict[str, str], tuple[bytes, ...]]:
    """Put a password into every URL that has none; a socket's server does not look at it."""
    found = {}
    for name in (name for name in environ if name.startswith("DATABASE_URL")):
        address = Address.parse(environ[name])
        found[name] = replace(address, password=address.password or PASSWORD)
    urls = {name: address.url for name, address in found.items()}
    passwords = {str(address.password).encode() for address in found.values()}
    return {**environ, **urls}, tuple(passwords)


@dataclass(frozen=True, slots=True)
class Stage:
    """Hold what the processes run with, and where they are told of."""

    environ: dict[str, str]
    told: Told

    async def command(self, *arguments: str, **changed: str) -> str:
        """Run a command to its end; what it answers is for who asked, what it complains is told."""
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "connect_graph", *arguments],
            cwd=ROOT,
            env={**self.environ, **changed},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.told.say("trouble", f"{arguments[0]} {done.returncode}: {done.stderr}")
        return done.stdout


@pytest.fixture(scope="module")
async def told(
    stocked_clone: Clone, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Told]:
    """Do everything that goes well or wrong, once."""
    told, directory = Told(), tmp_path_factory.mktemp("secrets")
    folder = study.write(
        directory / "study",
        patients=(study.PATIENTS[0], (PATIENT, "Female", "0:LIVING", "4", "PR")),
        samples=(study.SAMPLES[0], (SAMPLE, PATIENT, "FFPE", "Primary", "GBC", "P500")),
        mutations=None,
        copy_numbers=None,
    )
    async with stocked_clone() as copy:
        environ, passwords = with_password(environment(copy, directory))
        told.planted |= {"password": passwords, "patient": (PATIENT.encode(),)}
        told.planted |= {"sample": (SAMPLE.encode(),), "literal": (LITERAL.encode(),)}
        told.planted |= {"name": (NAME.encode(),), "header": (HEADER.encode(),)}
        stage = Stage(environ, told)
        await stage.command("migrate")
        await stage.command("import", "cbioportal", str(folder), "--study", "PLANTED")
        settings = Settings.load(environ)
        for name, path in (
            ("pseudonym key", settings.key_file),
            ("audit key", settings.audit_key_file),
        ):
            if not path.exists():  # made when it is first needed, unless it is there
                path.write_bytes(os.urandom(32))
                path.chmod(0o600)
            told.planted[name] = spellings(path.read_bytes())
        issuer = DemoIssuer(directory)
        issuer.issuer()  # makes the key
        told.planted["issuer key"] = (private_key(directory),)
        async with office.connected(copy.url) as connection:
            token = issuer.token(*await member(connection, DEMO_ISSUER, "steward"))
            told.planted |= {"token": (token.encode(),)}
            told.planted |= {"signature": (token.rpartition(".")[2].encode(),)}
            with collecting(told) as collector:
                await serve(stage, connection, token, collector, directory)
        await commands(stage, folder, directory, token)
        if not os.environ.get("DATABASE_URL"):
            server: Server = request.getfixturevalue("embedded")
            home = Path(Address.parse(server.url).host)
            told.say("database log", (home / "server.log").read_bytes())
        yield told


def private_key(directory: Path) -> bytes:
    """Give what may not be seen of the demonstration's key."""
    return str(json.loads((directory / "demo-issuer.key").read_text())["d"]).encode()


@contextmanager
def running(environ: Mapping[str, str], log: Path) -> Iterator[tuple[str, int]]:
    """Run the server, with its stderr in a file; give its address and its id."""
    with log.open("w") as writing:
        served = subprocess.Popen(
            [sys.executable, "-m", "connect_graph", "serve", "--port", str(port := free_port())],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=writing,
            text=True,
        )
        try:
            assert served.stdout is not None
            assert served.stdout.readline().startswith("ready: ")
            yield f"http://127.0.0.1:{port}", served.pid
        finally:
            served.terminate()
            served.communicate(timeout=30)


@contextmanager
def joined(address: str, directory: Path, log: Path) -> Iterator[tuple[str, int]]:
    """Run the gateway before the server's subgraphs."""
    urls = {name: [f"{address}/subgraphs/{name}/graphql"] for name in SUBGRAPHS}
    with log.open("w") as writing:
        settings = gateway_environment(urls, [DemoIssuer(directory).issuer()])
        gateway = start_gateway(settings, writing)
        try:
            yield gateway.until_ready(), gateway.process.pid
        finally:
            stop([gateway])


async def serve(
    stage: Stage,
    connection: asyncpg.Connection[asyncpg.Record],
    token: str,
    collector: str,
    directory: Path,
) -> None:
    """Serve, and be asked well and badly, directly and through the gateway."""
    exporting = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
        "OTEL_METRIC_EXPORT_INTERVAL": "500",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "CONNECT_STATEMENT_SECONDS": "1",
    }
    log, between = directory / "serve.log", directory / "gateway.log"
    with (
        running({**stage.environ, **exporting}, log) as (alone, served),
        joined(alone, directory, between) as (both, gateway),
    ):
        for process in (served, gateway):
            stage.told.say("processes", Path(f"/proc/{process}/cmdline").read_bytes())
        for place in (alone, both):
            async with httpx.AsyncClient(base_url=place, timeout=30) as http:
                await ask(stage.told, Client(http, bearer(token)), connection)
    stage.told.say("log", log.read_bytes())
    stage.told.say("gateway log", between.read_bytes())


def free_port() -> int:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    with server:
        return int(server.server_port)


async def ask(told: Told, client: Client, connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Ask what is answered, what is refused and what breaks."""
    variables = {"id": PATIENT}
    answered = await client.ask(FIND, variables)
    (patient,) = answered.json()["data"][NAME]["nodes"]
    assert (patient["sourceId"], patient["specimens"]) == (PATIENT, [{"sourceId": SAMPLE}])
    told.planted["id"] = (patient["id"].encode(),)
    known = client.headers["Authorization"]
    forged = {"Authorization": known[:-8] + "AAAAAAAA"}
    refused = [
        await Client(client.http, {}).ask(FIND, variables),
        await Client(client.http, forged).ask(FIND, variables),
        await client.ask(FIND, variables, x_scope=HEADER),
        await client.ask(FIND, variables, x_purpose=HEADER),
        await client.ask(FIND + LITERAL, variables),
        await client.ask(f"{{ {LITERAL} }}"),
        await client.ask(FIND, {"id": [LITERAL]}),
        await client.post(f'{{"query": {LITERAL}'.encode()),
        await client.ask(f'{{ patients(after: "{LITERAL}") {{ nodes {{ id }} }} }}'),
        await client.ask(FIND, {"id": "#" * 1_000_001}),
    ]
    for code, expected in (
        ("'23505'", ["INTERNAL"]),
        ("'P0001'", ["INTERNAL"]),
        ("'22P02'", ["BAD_USER_INPUT"]),
        ("'57014'", ["TIMEOUT"]),
        ("'08006'", ["UNAVAILABLE"]),
    ):
        await connection.execute(BOOM.format(code=code))
        refused.append(await client.ask(FIND, variables, accept=GRAPHQL))
        await connection.execute(CALM)
        assert codes(refused[-1]) == expected
    await connection.execute(SLOW)
    refused.append(await client.ask(FIND, variables, accept=GRAPHQL))
    await connection.execute("drop policy boom on connect.patient_identity")
    assert codes(refused[-1]) == ["TIMEOUT"]
    for response in refused:
        assert "data" not in response.json()
        headers = dict(response.headers.items())
        told.say("errors", f"{response.status_code} {headers} {response.text}")


async def commands(stage: Stage, folder: Path, directory: Path, token: str) -> None:
    """Run commands that fail: on files, on the database, without one, with what is no password."""
    worse = study.write(
        directory / "worse",
        patients=(study.PATIENTS[0], (PATIENT, "Female", "0:LIVING", "4", "PR", "more")),
        samples=(study.SAMPLES[0], (SAMPLE, PATIENT, "FFPE", "Primary", "GBC", "P500")),
        mutations=None,
        copy_numbers=None,
    )
    given = directory / "token"
    given.write_text(token + "x")
    bad = ("export", "csv", str(directory / "out"), "--study", "PLANTED")
    await stage.command(*bad, "--token-file", str(given))
    await stage.command("import", "cbioportal", str(worse), "--study", "OTHER")
    async with office.connected(stage.environ["DATABASE_URL"]) as connection:
        await connection.execute(
            "create function connect.boom() returns trigger language plpgsql as $$ begin "
            "raise unique_violation using message = 'it held ' || new.source_key, "
            "detail = new.source_key; end $$; create trigger boom before insert or update "
            "on connect.patient_identity for each row execute function connect.boom()"
        )
        study.write(
            folder,
            patients=(study.PATIENTS[0], (PATIENT, "Male", "0:LIVING", "4", "PR"),
                      (f"{PATIENT}B", "Male", "0:LIVING", "4", "PR")),
            samples=(study.SAMPLES[0], (SAMPLE, PATIENT, "FFPE", "Primary", "GBC", "P500"),
                     (f"{SAMPLE}B", f"{PATIENT}B", "FFPE", "Primary", "GBC", "P500")),
            mutations=None,
            copy_numbers=None,
        )  # fmt: skip
        await stage.command("import", "cbioportal", str(folder), "--study", "PLANTED")
    nowhere = {
        name: replace(Address.parse(url), host="127.0.0.1", port=9, options=()).url
        for name, url in stage.environ.items()
        if name.startswith("DATABASE_URL")
    }
    broken = stage.environ["DATABASE_URL"].replace("postgresql://", "postgresql:///")
    await asyncio.gather(
        stage.command("serve", "--port", str(free_port()), **nowhere),
        stage.command("status", **nowhere),
        stage.command("migrate", DATABASE_URL=broken),
    )


def test_everything_happened(told: Told) -> None:
    """What is searched holds what it should: else it would be no wonder that nothing is found."""
    wanted = TOLD | {"errors"} | (set() if os.environ.get("DATABASE_URL") else {"database log"})
    assert set(told.said) == wanted
    assert set(told.planted) == {*SECRETS, *VALUES, *BROUGHT}
    lines = [json.loads(line) for line in told.said["log"].splitlines() if line]
    seen = {code for line in lines for code in line.get("codes", ())}
    assert seen >= {"UNAUTHENTICATED", "SCOPE_REFUSED", "BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED"}
    assert seen >= {"GRAPHQL_VALIDATION_FAILED", "PAYLOAD_TOO_LARGE", "TIMEOUT", "INTERNAL"}
    types = {each["type"] for line in lines for each in line.get("exceptions", ())}
    assert {"asyncpg.exceptions.UniqueViolationError", "asyncpg.exceptions.RaiseError"} <= types
    for part in (b"/v1/traces", b"/v1/metrics", b"connect_graph.request.duration", b"statement"):
        assert part in told.said["telemetry"]
    trouble = told.said["trouble"]
    for part in (
        b"migrate 0:",
        b"import 0:",
        b"import 1:",
        b"export 1:",
        b"serve 1:",
        b"migrate 1:",
    ):
        assert part in trouble, part
    assert b"the database failed (UniqueViolationError 23505" in trouble
    assert b"Traceback" not in trouble


@pytest.mark.parametrize("name", [*SECRETS, *VALUES, *BROUGHT])
def test_what_was_planted_is_nowhere(told: Told, name: str) -> None:
    places = set(told.said) - ({"errors"} if name in BROUGHT else set())
    assert [where for where in sorted(places) if told.found(name, where)] == []


def test_nothing_spells_a_secret_that_is_shown(tmp_path: Path) -> None:
    """What a program holds may be shown in a log line or a traceback by mistake."""
    environ, passwords = with_password(
        {f"DATABASE_URL_{role.upper()}": f"postgresql://{role}@x/y" for role in ROLES}
    )
    issuer = DemoIssuer(tmp_path)
    issuer.issuer()
    shown = [Settings.load(environ), Address.parse(environ["DATABASE_URL_PARTNER"]), issuer]
    shown.append(issuer.issuer())
    issuer.token("123456785", "x")
    private = private_key(tmp_path)
    for each in shown:
        text = repr(each) + str(each)
        assert private.decode() not in text
        assert not any(password.decode() in text for password in passwords)


async def test_the_embedded_server_writes_no_statement_and_no_value(embedded: Server) -> None:
    connection = await asyncpg.connect(embedded.url)
    try:
        rows = await connection.fetch("select name, setting from pg_settings")
    finally:
        await connection.close()
    found = {row["name"]: row["setting"] for row in rows}
    quiet = {
        "log_statement": "none",
        "log_min_duration_statement": "-1",
        "log_min_duration_sample": "-1",
        "log_transaction_sample_rate": "0",
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_lock_waits": "off",
        "log_replication_commands": "off",
        "log_temp_files": "-1",
        "debug_print_parse": "off",
        "debug_print_plan": "off",
        "debug_print_rewritten": "off",
        "log_planner_stats": "off",
        "log_executor_stats": "off",
        "log_parser_stats": "off",
        "log_statement_stats": "off",
        "shared_preload_libraries": "",
        "session_preload_libraries": "",
        "local_preload_libraries": "",
    }
    assert {name: found[name] for name in quiet} == quiet
