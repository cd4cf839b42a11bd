"""The net below: what is logged by mistake comes out masked, by whatever formatter."""

import base64
import io
import json
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from singer_sdk.logging import StructuredFormatter

from tap_freshsales_users.api.auth import secrets_of
from tap_freshsales_users.redact import MASK, redact_logs

API_KEY = "k3y+with/odd\"characters\\and'quotes=="
SCIM_TOKEN = "eyJhbGciOi.J9.SIG-nature_"
CONFIG = {"api_key": API_KEY, "scim_token": SCIM_TOKEN, "domain": "acme"}
FORMS = {
    "api_key": API_KEY,
    "scim_token": SCIM_TOKEN,
    "in a URL": quote(API_KEY, safe=""),
    "as Python shows it": repr(API_KEY),
    "as JSON": json.dumps(API_KEY),
    "Basic, as the user": base64.b64encode(f"{API_KEY}:X".encode()).decode(),
    "Basic, as the password": base64.b64encode(f"X-API-KEY:{API_KEY}".encode()).decode(),
}


@pytest.fixture(params=["text", "json", "none"])
def output(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What one handler of the root logger writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        {"text": logging.Formatter("%(message)s"), "json": StructuredFormatter()}.get(request.param)
    )
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    redact_logs(secrets_of(CONFIG))
    yield stream
    text = stream.getvalue()
    assert MASK in text
    assert not any(form in text for form in FORMS.values())
    assert "k3y" not in text


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_in_a_message_is_masked_and_the_rest_of_the_line_stays(
    form: str, output: io.StringIO
) -> None:
    logging.getLogger("urllib3").warning("before %s after", FORMS[form])
    assert "before" in output.getvalue()
    assert "after" in output.getvalue()


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_in_arguments_of_any_type_is_masked(form: str, output: io.StringIO) -> None:
    logging.getLogger("tap").warning(
        "headers: %s, %r", {"Authorization": f"Token token={FORMS[form]}"}, (FORMS[form],)
    )
    assert "headers" in output.getvalue()


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_in_a_traceback_is_masked(form: str, output: io.StringIO) -> None:
    try:
        try:
            int(FORMS[form])
        except ValueError as error:
            raise RuntimeError(f"of {FORMS[form]}") from error
    except RuntimeError:
        logging.getLogger("tap").exception("failed")
    assert "RuntimeError" in output.getvalue()


def test_a_secret_within_another_one_does_not_uncover_its_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(stream)])
    redact_logs(secrets_of({"api_key": "short", "scim_token": "short-and-long"}))
    logging.getLogger("tap").warning("short-and-long, short")
    assert stream.getvalue() == f"{MASK}, {MASK}\n"


@pytest.mark.parametrize("config", [{}, {"api_key": None}, {"api_key": 5, "scim_token": ""}])
def test_without_a_credential_nothing_is_masked(
    config: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(stream)])
    redact_logs(secrets_of(config))
    logging.getLogger("tap").warning("5 of 5")
    assert stream.getvalue() == "5 of 5\n"
