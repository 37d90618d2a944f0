from __future__ import annotations

from pathlib import Path

import pytest

from connect_graph.settings import ROLES, Settings, SettingsError

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
            "DATABASE_URL": URL,
        }
    )
    assert settings == Settings(
        data_dir=tmp_path,
        key_file=tmp_path / "k",
        demo=True,
        pool_size=100,
        database_url=URL,
    )


def test_the_key_lies_in_the_data_directory(tmp_path: Path) -> None:
    settings = Settings.load({"CONNECT_DATA_DIR": str(tmp_path)})
    assert settings.key_file == tmp_path / "pseudonym.key"


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
