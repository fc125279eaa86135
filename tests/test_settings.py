"""Settings: precedence, one line for each bad one, and secrets that do not print."""

from pathlib import Path

import pytest

from mailwright import settings
from mailwright.installation import google_of
from mailwright.settings import BadSettings, load
from mailwright.settings.reference import settings_table


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in os.environ:
        if name.startswith(settings.PREFIX) or name in settings.KEY_VARIABLES.values():
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _bad(**overrides: object) -> list[str]:
    with pytest.raises(BadSettings) as caught:
        load(**overrides)
    return caught.value.lines


def test_without_any_setting_everything_has_a_default(tmp_path: Path) -> None:
    found = load()
    assert found.data == tmp_path / "data"
    assert found.database_url == f"sqlite:///{tmp_path}/data/mailwright.db"
    assert found.blob_url == f"file://{tmp_path}/data"
    assert (found.smtp_port, found.submission_port, found.lmtp_port, found.http_port) == (2525, 2587, 2424, 8080)
    assert found.active_roles == {"smtp", "lmtp", "imap", "http", "grpc", "worker", "scheduler"}
    assert found.models_for("judge") == ("rules",)


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mailwright.toml").write_text('hostname = "file.example.org"\nsmtp_port = 1025\nhttp_port = 1080\n')
    monkeypatch.setenv("MAILWRIGHT_SMTP_PORT", "1026")
    monkeypatch.setenv("MAILWRIGHT_HTTP_PORT", "1081")
    found = load(http_port=1082, data=None)
    assert (found.hostname, found.smtp_port, found.http_port) == ("file.example.org", 1026, 1082)


def test_a_file_elsewhere_is_named_by_a_variable_and_its_paths_are_relative_to_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "mail.toml").write_text('data = "mail"\n')
    monkeypatch.setenv("MAILWRIGHT_CONFIG", str(folder / "mail.toml"))
    assert load().data == folder / "mail"


def test_each_bad_setting_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILWRIGHT_SMTP_PORT", "abc")
    monkeypatch.setenv("MAILWRIGHT_DATABASE_URL", "mysql://ada:hunter2@db/mail")
    monkeypatch.setenv("MAILWRIGHT_MODEL", "gpt")
    monkeypatch.setenv("MAILWRIGHT_MAX_MESSAGE_BYTES", "a lot")
    assert sorted(_bad(roles="smtp,lmpt")) == [
        "--roles: input should be 'all', 'smtp', 'lmtp', 'imap', 'http', 'grpc', 'worker' or 'scheduler' (it is 'smtp,lmpt')",
        "MAILWRIGHT_DATABASE_URL: should be sqlite:///path/to/file.db or postgresql://user:password@host:port/name",
        "MAILWRIGHT_MAX_MESSAGE_BYTES: should be a size like 50MB (it is 'a lot')",
        "MAILWRIGHT_MODEL: 'gpt' should be rules or provider:model, like anthropic:claude-sonnet-4-5",
        "MAILWRIGHT_SMTP_PORT: should be a whole number (it is 'abc')",
    ]


def test_a_secret_is_in_no_error_and_in_no_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILWRIGHT_SMART_HOST", "ftp://ada:hunter2@relay.example.org")
    monkeypatch.setenv("MAILWRIGHT_DEMO_PASSWORD", "hunter2")
    lines = _bad()
    assert len(lines) == 2
    assert "hunter2" not in "".join(lines)
    monkeypatch.setenv("MAILWRIGHT_SMART_HOST", "smtps://ada:hunter2@relay.example.org")
    monkeypatch.setenv("MAILWRIGHT_DEMO_PASSWORD", "hunter22")
    monkeypatch.setenv("MAILWRIGHT_DATABASE_URL", "postgresql://ada:hunter2@127.0.0.1/mail")
    monkeypatch.setenv("MAILWRIGHT_BLOB_URL", "s3://ada:hunter2@bucket/mail")
    monkeypatch.setenv("MAILWRIGHT_MODEL_BASE_URL", "http://ada:hunter2@127.0.0.1/v1")
    assert "hunter2" not in repr(load())


def test_an_unknown_key_in_the_file_is_an_error_that_says_what_was_meant(tmp_path: Path) -> None:
    (tmp_path / "mailwright.toml").write_text("smtpport = 25\n")
    assert _bad() == [f"{tmp_path}/mailwright.toml: smtpport is not a setting; did you mean smtp_port?"]


def test_broken_toml_says_where(tmp_path: Path) -> None:
    (tmp_path / "mailwright.toml").write_text("smtp_port = \n")
    (line,) = _bad()
    assert "mailwright.toml" in line
    assert "line 1" in line


def test_an_unknown_variable_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILWRIGHT_SMTPPORT", "25")
    load()
    assert settings.unknown_variables() == [
        "MAILWRIGHT_SMTPPORT: not a setting of Mailwright; did you mean MAILWRIGHT_SMTP_PORT?"
    ]


def test_two_servers_cannot_have_one_port() -> None:
    assert _bad(http_port=2525) == ["MAILWRIGHT_HTTP_PORT: MAILWRIGHT_SMTP_PORT has port 2525 already"]
    load(smtp_port=0, http_port=0)  # 0 picks a free one


def test_a_certificate_needs_its_key(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("")
    assert _bad(tls_cert="cert.pem") == [
        "MAILWRIGHT_TLS_KEY: a certificate and its key belong together; this one is missing"
    ]
    assert _bad(tls_cert="gone.pem") == [f"--tls-cert: there is no file {tmp_path}/gone.pem"]


def test_a_hosted_model_needs_a_key_and_takes_the_makers_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _bad(model="anthropic:claude-sonnet-4-5, rules") == [
        "MAILWRIGHT_MODEL_API_KEY: anthropic:claude-sonnet-4-5 needs a key, here or in ANTHROPIC_API_KEY"
    ]
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    found = load(model="anthropic:claude-sonnet-4-5, rules")
    assert found.models_for("work") == ("anthropic:claude-sonnet-4-5", "rules")
    key = found.api_key_for("anthropic")
    assert key is not None
    assert key.get_secret_value() == "sk-test"


def test_selling_plans_needs_both_secrets_and_plans_there_are() -> None:
    (line,) = _bad(stripe_secret_key="sk_test_12345678")
    assert line == "MAILWRIGHT_STRIPE_WEBHOOK_SECRET: Stripe needs it"
    (line,) = _bad(stripe_prices={"gold": "price_1"})
    assert line == "MAILWRIGHT_STRIPE_PRICES: there is no plan 'gold'"


def test_hearing_of_gmails_mail_needs_the_account_that_pushes() -> None:
    gmail = {"google_client_id": "client-of-ours", "google_client_secret": "a-secret-of-ours"}
    (line,) = _bad(**gmail, google_pubsub_topic="projects/ours/topics/gmail")
    assert line == "MAILWRIGHT_GOOGLE_PUSH_ACCOUNT: hearing of new mail needs it"
    found = load(**gmail, google_push_account="pushes@ours.iam.gserviceaccount.com")
    assert google_of(found, "https://mail.example.org/hook") is not None
    assert google_of(load(**gmail), "https://mail.example.org/hook") is None  # who could push is not known: nobody may


def test_older_prices_of_a_plan_stand_behind_the_one_that_is_sold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILWRIGHT_STRIPE_PRICES", '{"paid_20": "price_new, price_old"}')
    assert load().prices() == {"paid_20": ("price_new", "price_old")}


def test_sizes_are_written_as_people_write_them() -> None:
    assert load(max_message_bytes="25MB").max_message_bytes == 25_000_000
    assert load(max_message_bytes="1MiB").max_message_bytes == 1024**2
    assert load(default_quota_bytes="none").default_quota_bytes is None


def test_the_reference_table_has_every_setting() -> None:
    table = settings_table()
    for name in settings.Settings.model_fields:
        assert f"`{settings.variable(name)}`" in table
    assert all(line.count("|") == 5 for line in table.splitlines())
