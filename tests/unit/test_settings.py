from __future__ import annotations

from pathlib import Path

import pytest

from connect_graph.settings import ROLES, Settings, SettingsError
from db.viewer import Role

URL = "postgresql://owner:hunter2@db.example/connect"
LOGINS = {
    f"DATABASE_URL_{role.upper()}": f"postgresql://{role}:s3cret@db/connect" for role in ROLES
}


def test_defaults_stay_in_the_checkout() -> None:
    settings = Settings.load({})
    checkout = Path(__file__).resolve().parents[2]
    assert settings.data_dir == checkout / ".data"
    assert settings.key_file == checkout / ".data" / "pseudonym.key"
    assert settings.pool_size == 8
    assert settings.database_url is None
    assert not settings.demo


def test_reads_what_is_set(tmp_path: Path) -> None:
    settings = Settings.load(
        {
            "CONNECT_DATA_DIR": str(tmp_path),
            "CONNECT_DEMO": "1",
            "CONNECT_POOL_SIZE": "100",
            "CONNECT_KEY_FILE": str(tmp_path / "k"),
            "CONNECT_AUDIT_KEY_FILE": str(tmp_path / "a"),
            "CONNECT_RELEASE_KEY_FILE": str(tmp_path / "r"),
            "DATABASE_URL": URL,
        }
    )
    assert settings == Settings(
        data_dir=tmp_path,
        key_file=tmp_path / "k",
        audit_key_file=tmp_path / "a",
        release_key_file=tmp_path / "r",
        demo=True,
        pool_size=100,
        database_url=URL,
    )


def test_the_keys_lie_in_the_data_directory(tmp_path: Path) -> None:
    settings = Settings.load({"CONNECT_DATA_DIR": str(tmp_path)})
    assert settings.key_file == tmp_path / "pseudonym.key"
    assert settings.audit_key_file == tmp_path / "audit.key"
    assert settings.release_key_file == tmp_path / "release.key"


def test_an_empty_variable_is_an_absent_one() -> None:
    empty = dict.fromkeys(
        ["DATABASE_URL", "CONNECT_DATA_DIR", "CONNECT_DEMO", "CONNECT_POOL_SIZE"], " "
    )
    assert Settings.load(empty) == Settings.load({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONNECT_POOL_SIZE", "0"),
        ("CONNECT_POOL_SIZE", "101"),
        ("CONNECT_POOL_SIZE", "-1"),
        ("CONNECT_POOL_SIZE", "8.5"),
        ("CONNECT_POOL_SIZE", "٣"),
        ("CONNECT_DEMO", "yes"),
        ("CONNECT_DATA_DIR", __file__),
        ("DATABASE_URL", "mysql://a@b/c"),
        ("DATABASE_URL", "postgresql://hunter2@/c"),
        ("DATABASE_URL", "postgresql://u:hunter2@h:port/c"),
        ("DATABASE_URL_PARTNER", "postgresql://u:hunter2@h"),
    ],
)
def test_a_bad_value_is_one_sentence_that_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({name: value})
    message = str(caught.value)
    assert message.startswith(f"{name} ")
    assert "\n" not in message
    assert "hunter2" not in message


def test_logins_come_from_the_embedded_server() -> None:
    logins = Settings.load({}).logins("postgresql://postgres@/connect?host=/data/postgres")
    assert set(logins) == set(ROLES)
    assert logins["partner"] == (
        "postgresql://connect_partner_login@/connect?host=/data/postgres&port=5432"
    )


def test_logins_come_from_the_environment_with_database_url() -> None:
    settings = Settings.load({"DATABASE_URL": URL, **LOGINS})
    assert settings.logins(URL)["steward"] == LOGINS["DATABASE_URL_STEWARD"]


def test_a_missing_login_is_named_only_when_logins_are_asked_for() -> None:
    present = {name: url for name, url in LOGINS.items() if name != "DATABASE_URL_CLINICIAN"}
    settings = Settings.load({"DATABASE_URL": URL, **present})
    with pytest.raises(SettingsError, match=r"^DATABASE_URL_CLINICIAN must be set"):
        settings.logins(URL)


def test_secrets_stay_out_of_the_repr() -> None:
    spelled = repr(Settings.load({"DATABASE_URL": URL, **LOGINS}))
    assert "hunter2" not in spelled
    assert "s3cret" not in spelled


@pytest.mark.parametrize("name", ["DATABASE_URL", *LOGINS])
def test_a_secret_may_lie_in_a_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{URL}\n")
    given = Settings.load({f"{name}_FILE": str(file)})
    assert given == Settings.load({name: URL})
    assert "hunter2" not in repr(given)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"", "is not one line of text"),
        (b" \n", "is not one line of text"),
        (b"postgresql://u:hunter2@h/d\nhunter2", "is not one line of text"),
        (b"\xff", "is not one line of text"),
        (b"mysql://u:hunter2@h/d", "is not usable"),
    ],
)
def test_a_bad_file_is_one_sentence_that_names_the_variable(
    content: bytes | None, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        Settings.load({"DATABASE_URL_PARTNER_FILE": str(file)})
    assert str(caught.value).startswith("DATABASE_URL_PARTNER")
    assert message in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_secret_and_its_file_exclude_each_other(tmp_path: Path) -> None:
    both = {"DATABASE_URL": URL, "DATABASE_URL_FILE": str(tmp_path / "secret")}
    with pytest.raises(SettingsError, match="DATABASE_URL and DATABASE_URL_FILE are both set"):
        Settings.load(both)


def test_telemetry_leaves_only_where_an_endpoint_is_named() -> None:
    assert not Settings.load({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}).telemetry
    assert Settings.load({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}).telemetry


def test_roles_may_be_left_with_stored_operations_alone() -> None:
    found = Settings.load({"CONNECT_STORED_ONLY": " partner, authority,"}).stored_only
    assert found == {Role.PARTNER, Role.AUTHORITY}
    assert Settings.load({"CONNECT_STORED_ONLY": " "}).stored_only == frozenset()
    for wrong in ("steward", "PARTNER", "partner authority", "*"):
        with pytest.raises(SettingsError, match="of partner, researcher, authority, clinician"):
            Settings.load({"CONNECT_STORED_ONLY": wrong})
