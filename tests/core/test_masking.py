"""Secrets go, whatever they are wrapped in; the quick look never misses one."""

import base64
import json
import random
import re
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aimon_core.masking import MASK, is_secret, mask, mask_json, suspicious

ALNUM = "".join(random.Random(5).choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=80))
UPPER = "A1B2C3D4E5F6G7H8"
PARTS = (b'{"alg":"HS256"}', b'{"sub":"123"}', b"signature")
JWT = ".".join(base64.urlsafe_b64encode(part).decode().strip("=") for part in PARTS)
PEM = f"-----BEGIN RSA PRIVATE KEY-----\nMIIE{ALNUM}\n{ALNUM}\n-----END RSA PRIVATE KEY-----"
SECRETS = {
    f"sk-ant-api03-{ALNUM}": "sk-ant-",
    f"sk-proj-{ALNUM}": "sk-proj-",
    f"sk-or-v1-{ALNUM}": "sk-or-",
    f"sk-{ALNUM[:48]}": "sk-",
    f"ghp_{ALNUM[:36]}": "ghp_",
    f"gho_{ALNUM[:36]}": "gho_",
    f"ghs_{ALNUM[:36]}": "ghs_",
    f"github_pat_{ALNUM[:22]}_{ALNUM[:50]}": "github_pat_",
    f"glpat-{ALNUM[:20]}": "glpat-",
    f"AKIA{UPPER}": "AKIA",
    f"AIza{ALNUM[:35]}": "AIza",
    f"xoxb-123456789012-{ALNUM[:24]}": "xoxb-",
    f"npm_{ALNUM[:36]}": "npm_",
    f"pypi-{ALNUM}": "pypi-",
    f"hf_{ALNUM[:34]}": "hf_",
    f"gsk_{ALNUM[:52]}": "gsk_",
    f"sk_live_{ALNUM[:24]}": "sk_live_",
    JWT: "eyJ",
    f"https://hooks.slack.com/services/T0000/B0000/{ALNUM[:24]}": "https://hooks.slack.com/services/",
    PEM: "-----BEGIN RSA PRIVATE KEY-----",
}
NAMED = [
    "OPENAI_API_KEY=%s", "export ANTHROPIC_API_KEY='%s'", 'GITHUB_TOKEN="%s"', "password: %s", "DB_PASSWORD=%s",
    '{"client_secret": "%s"}', '{"x-api-key":"%s"}', "--api-key %s", "--password=%s", "mysql --password '%s'",
    "Authorization: Bearer %s", "curl -H 'authorization: Basic %s'", "Bearer %s", "postgres://me:%s@db/shop",
    "https://x-access-token:%s@github.com/a/b", "AccountKey=%s;EndpointSuffix=x", "aws_secret_access_key = %s",
    "token => %s", "secret := %s", "--github-token %s", "PASSWORD: `%s`",
]  # fmt: skip
HARMLESS = [
    "", "task-notification-with-a-long-name-0123456789", "a risk-assessment-of-many-words-and-2-numbers",
    "input_tokens=500", "max_tokens: 4096", "tokens used: 1200", '"token": 1234', "token=none", "api_key: null",
    "https://user@example.org/path", "see http://example.org:8080/a@b", "the password", "invalid x-api-key",
    "secret.py", "cache_key=prompt-1", "sk-learn", "eyJ", "AKIA", "hf_hub", "npm_config_registry=x", "bearer token",
    "Unexpected token '<' in JSON", "ghp_short", "-----BEGIN CERTIFICATE-----", "git@github.com:a/b.git",
]  # fmt: skip


@pytest.mark.parametrize("secret", SECRETS, ids=SECRETS.values())
def test_a_secret_is_known_by_its_look(secret):
    rest = secret.removeprefix(SECRETS[secret]).removesuffix("-----END RSA PRIVATE KEY-----")
    for text in (secret, f"use {secret} now", f"a=({secret})", f"one\n{secret}\ntwo", f'"{secret}"'):
        masked = mask(text)
        assert rest not in masked
        assert SECRETS[secret] + MASK in masked
        assert masked.startswith(text[:3])


@pytest.mark.parametrize("wrapped", NAMED)
@pytest.mark.parametrize("secret", ["hunter2-and-more", "Tr0ub4dor+3~x==", ALNUM[:40]])
def test_a_secret_is_known_by_its_name(wrapped, secret):
    masked = mask(wrapped % secret)
    assert secret[:12] not in masked
    assert secret[-8:] not in masked
    assert masked.startswith(wrapped[: wrapped.index("%")].split("Basic")[0].split("Bearer")[0][:6])


@pytest.mark.parametrize("text", [*(wrapped % "hunter2-and-more-1" for wrapped in NAMED), *SECRETS])
def test_a_secret_is_found_inside_json_inside_json(text):
    secret = "hunter2-and-more-1" if "hunter2" in text else text[-30:-28]
    inner = json.dumps({"command": f"echo hi\n{text}\t# x"})
    masked = mask(inner)
    assert masked != inner
    assert "hunter2-and-more" not in masked
    assert secret == "hunter2-and-more-1" or ALNUM[10:20] not in masked or "AKIA" in text


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text):
    assert mask(text) == text


def test_a_key_that_was_cut_off_goes_too():
    assert ALNUM[:20] not in mask(PEM[:80])
    assert "hunter2" not in mask('password="hunter2')


# ------------------------------------------------------------------------------------------ properties

FRAMES = [name.replace("%s", "") for name in NAMED]
WORDS = ["\\n", '\\"', "://", "=>", "key", "token", "secret", "password", "PASSWORD", "Token", "api", "_key", "BEARER "]
ODD = ["1234", "abcdefgh12345678", "\u017f", "\u212a", "é", MASK, MASK[0], f"sk-ant-{MASK}"]
PIECES = st.one_of(
    st.sampled_from([*SECRETS, *FRAMES, *HARMLESS]),
    st.sampled_from([*"\"'`\\=:-@/.,; \n\t_", *WORDS, *ODD]),
    st.text(max_size=12),
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@given(TEXTS)
@example('token:"password:"abc')
@example("secret: " + PEM)
@example("pa\u017f\u017fword=hunter2 to\u212aen=abcdef")
def test_masking_twice_changes_nothing(text):
    assert mask(mask(text)) == mask(text)


@given(TEXTS)
@example("token\u00e9=abcdef")
def test_the_quick_look_misses_nothing(text):
    for inner in (text, json.dumps({"command": text}), json.dumps({"command": text}, ensure_ascii=False)):
        if mask_without_looking(inner) != inner:
            escaped = "".join(f"\\u{ord(letter):04x}" if ord(letter) < 0xFFFF else letter for letter in inner)
            slashed = json.dumps([inner], ensure_ascii=False).replace("/", "\\/")
            for body in (inner, json.dumps([inner]), slashed, f'["{escaped}"]'):
                assert suspicious(body.encode(errors="surrogatepass"))


def mask_without_looking(text: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aimon_core.masking.suspicious", lambda _: True)
        return mask(text)


TELLING = "token password api_key X-API-KEY accessToken Authorization client_secret".split()


@given(st.text(max_size=20), st.sampled_from(TELLING))
def test_the_quick_look_sees_telling_field_names(start, name):
    assert is_secret(start + name) == is_secret(name) is True
    body = b"\n" + bytes([len(name)]) + name.encode() + b"\x12\x05\n\x03abc"
    assert suspicious(body)
    assert suspicious(json.dumps({start + name: "abc"}).encode())


def test_names_that_only_sound_like_it():
    for name in "input_tokens gen_ai.token.type token_type tokens auth.env_api_key_present secretary key".split():
        assert not is_secret(name)


# ------------------------------------------------------------------------------------------ json


def test_json_is_masked_through_and_through():
    payload = {
        "tool_input": {"env": {"API_TOKEN": "abc", "count": 3}, "args": [f"--key={next(iter(SECRETS))}", None, True]},
        next(iter(SECRETS)): 1,
        "token": {"nested": "stays"},
        "password": "",
    }
    assert mask_json(payload) == {
        "tool_input": {"env": {"API_TOKEN": MASK, "count": 3}, "args": [f"--key=sk-ant-{MASK}", None, True]},
        f"sk-ant-{MASK}": 1,
        "token": {"nested": "stays"},
        "password": "",
    }


def test_json_has_a_bottom():
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    assert json.dumps(mask_json(deep)).count("[") <= 64


# ------------------------------------------------------------------------------------------ speed

CAPTURES = Path(__file__).parents[1] / "captures"
BODIES = sorted(CAPTURES.glob("claude-code/*/otlp/*logs.pb"))


def test_real_bodies_without_secrets_are_not_suspicious():
    flagged = [path for path in BODIES if suspicious(path.read_bytes())]
    assert len(BODIES) > 20
    assert len(flagged) < 0.1 * len(BODIES)


def test_the_quick_look_is_quick():
    """Naively, ten words of the forty cost eight times as much; 2 leaves room for noise."""
    body = b"".join(path.read_bytes() for path in BODIES)
    naive = re.compile(rb"(?i)ghp_|npm_|akia|password|secret|api_key|token\b|eyj|xox|sk-ant-")
    ours, theirs = (min(timed(call, body) for _ in range(3)) for call in (suspicious, naive.search))
    assert ours * 2 < theirs


def timed(call, *args) -> float:
    began = time.thread_time()
    call(*args)
    return time.thread_time() - began


UNITS = ["token ", "password=", "sk-", "eyJ", "://a:", "--", "token:'", "x", "-----BEGIN PRIVATE KEY-----", "é"]


@pytest.mark.parametrize("unit", UNITS)
def test_no_text_takes_forever(unit):
    text = "password " + unit * (100_000 // len(unit))
    assert timed(mask, text) < 0.5
