"""Redaction: no spelling of a secret is left, whatever a server makes of it, and what is no secret stays."""

from __future__ import annotations

import base64
import html
import json
import re
import string
import textwrap
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.contract.sentences import brief, cut, listed, shortened
from assay.record.redaction import HIDDEN, KEY_VARIABLE, PLACEHOLDER, Redactor

TOKEN = string.ascii_letters + string.digits + "-._~+/="
# Drawn letter by letter: texts would now and then be parts of the names that redaction itself writes.
secrets = st.lists(st.sampled_from(TOKEN), min_size=16, max_size=40).map("".join)
surroundings = st.text(st.characters(codec="utf-8", exclude_characters="$*\\%&;" + TOKEN), max_size=12)
KEY = "kX9fQ2mZ7pLw4RtB8vNc"
TOKENS = (
    ("X-Gateway", "tok-5f0c1d9e8b7a"),
    ("Authorization", "Basic dXNlcjpodW50ZXIy"),
    ("Cookie", "sid=abc123def456; theme=x"),
)


def escaped(secret: str) -> str:
    return "".join(f"\\u{ord(character):04X}" for character in secret)


def in_lines(secret: str, end: str) -> str:
    """In lines as mail has them, only shorter, so that they break within the secret."""
    return end.join(textwrap.wrap(base64.b64encode(secret.encode()).decode(), 7))


SPELLINGS: dict[str, Any] = {
    "plain": str,
    "percent-encoded": lambda secret: quote(secret, safe=""),
    "percent-encoded in lower case": lambda secret: re.sub(
        "%..", lambda match: match.group().lower(), quote(secret, safe="")
    ),
    "percent-encoded all over": lambda secret: "".join(f"%{ord(character):02x}" for character in secret),
    "percent-encoded twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "as a form writes it": quote_plus,
    "in JSON": lambda secret: json.dumps(secret)[1:-1],
    "in JSON with a slash escaped": lambda secret: secret.replace("/", "\\/"),
    "in JSON escaped all over": escaped,
    "in JSON in JSON": lambda secret: json.dumps(json.dumps({"a": secret})),
    "in HTML": html.escape,
    "in HTML by number": lambda secret: "".join(f"&#{ord(character)};" for character in secret),
    "in base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "in base64 for URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "in hexadecimal": lambda secret: secret.encode().hex(),
    "in capital hexadecimal": lambda secret: secret.encode().hex().upper(),
    "in hexadecimal with colons": lambda secret: secret.encode().hex(":"),
    "in capital hexadecimal with blanks": lambda secret: secret.encode().hex(" ").upper(),
    "in hexadecimal as an array": lambda secret: ", ".join(f"0x{byte:02x}" for byte in secret.encode()),
    "in octal escapes": lambda secret: "".join(f"\\{byte:03o}" for byte in secret.encode()),
    "in octal escapes in JSON": lambda secret: json.dumps("".join(f"\\{byte:o}" for byte in secret.encode()))[1:-1],
    "in base64 in lines": lambda secret: in_lines(secret, "\r\n"),
    "in base64 in lines in JSON": lambda secret: in_lines(secret, "\\n"),
    "in base64 in a folded header": lambda secret: in_lines(secret, "\r\n\t"),
    "cut short": lambda secret: secret[: len(secret) // 2 + 3],
}


PART_OF_AN_ESCAPE = re.compile(r"[&%\\][\w#&;%\\]{0,8}$")


def left(secret: str, spelling: str, text: str) -> bool:
    """Whether half of the spelling is still to be read."""
    return spelling[: max(8, len(spelling) // 2 + 4)] in text or secret in text


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
@settings(max_examples=30, deadline=None)
@given(secret=secrets, before=surroundings, after=surroundings)
def test_no_spelling_of_a_secret_is_left_anywhere(spell: Any, secret: str, before: str, after: str) -> None:
    redactor, spelling = Redactor(secret), spell(secret)
    text = f"{before}{spelling}{after}"

    shown = redactor.text(text)
    body = redactor.body(text.encode())
    headers = redactor.headers((("Location", text), ("X-Anything", spelling)))
    value = redactor.value({"a": [text, {"b": (text,)}], text: 1})

    for redacted in (shown, body.decode(), *(value for _, value in headers), json.dumps(value, ensure_ascii=False)):
        assert not left(secret, spelling, redacted)
        assert PLACEHOLDER in redacted
    assert shown.startswith(before)
    assert shown.endswith(after)
    assert redactor.text(shown) == shown


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
@settings(max_examples=60, deadline=None)
@given(secret=secrets, before=surroundings, data=st.data())
def test_three_characters_of_a_secret_are_left_where_a_text_was_cut(
    spell: Any, secret: str, before: str, data: st.DataObject
) -> None:
    redactor, spelling = Redactor(secret), spell(secret)
    limit = data.draw(st.integers(1, len(spelling))) + len(before)

    shown = redactor.text(f"{cut(before + spelling + '!', limit)} and more")

    assert shown.startswith(before)
    assert shown.endswith("… and more")
    left = shown[len(before) :].partition("…")[0].replace(PLACEHOLDER, "")
    assert len(PART_OF_AN_ESCAPE.sub("", left)) < len(spell(secret[:4]))
    assert redactor.text(shown) == shown


@pytest.mark.parametrize("text", ["a keen robot…", "kX9…", "kX8fQ… and …", "kX9F and …", "Bearer …", "no session…"])
def test_what_is_cut_and_no_secret_stays(text: str) -> None:
    redactor = Redactor(
        "kX9FW7mZ7pLw4RtB8vNc", (("X-Token", "Bearer 5f0c1d9e8b7a"), ("Cookie", "session=abc123def456; theme=x"))
    )

    assert redactor.text(text) == text


def test_a_beginning_may_begin_within_another() -> None:
    assert Redactor("ababXYZWVUTS").text("'abababX…'") == f"'ab{PLACEHOLDER}…'"
    assert Redactor("", (("X-Token", "Bearer 5f0c1d9e"),)).text("Bearer 5f0c…") == f"{HIDDEN}…"


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("kX9FW7mZ7pLw4RtB8vNc", "dXNrWDlG…"),  # `us` and four characters
        ("kX9FW7mZ7pLw4RtB8vNc", "dWtYOUZ…"),
        ("znJkQdAg4ep~BP4aa", "em5Ka1FkQWc0ZXB%2…"),
        ("pass&word1234", "pass&a…"),
        ("pass&word1234", "pass&#x…"),
        ("abcd%efgh1234", "abcd%2…"),
        ("CORP\\svc-12345", "CORP\\x5…"),
        ("kX9F_lowbar4567", "kX9F&amp;lowba…"),
        ("kX9F_lowbar4567", "kX9F&amp;#x005f…"),
    ],
)
def test_what_a_cut_leaves_of_an_escape_is_left_out_with_it(secret: str, text: str) -> None:
    assert Redactor(None, (("X-Token", secret),)).text(text).endswith(f"{HIDDEN}…")


@pytest.mark.parametrize("told", ["bad key kX9f…", '{"m": "kX9fQ…"}', '{"m": "kX9fQ\\u2026"}'])
def test_a_key_that_the_target_masks_in_part_is_hidden_whole(told: str) -> None:
    assert "kX9" not in Redactor(KEY).body(told.encode()).decode()
    assert "kX9" not in Redactor(KEY).text(told)


def test_of_secrets_that_begin_alike_the_longest_is_hidden() -> None:
    headers = (("Authorization", f"Basic {base64.b64encode(b'administrator:' + b'h7Gq' * 9).decode()}"),)

    assert Redactor(None, headers).text("administrator:h7Gq…") == f"{HIDDEN}…"


@pytest.mark.parametrize("secret", ["a", "=", "ab", "…", "a b", "(", "*****", " "])
def test_secrets_that_are_hardly_any(secret: str) -> None:
    redactor = Redactor(secret, (("X-Token", secret), ("X-Other", "")))

    assert redactor.text("nothing … here") == redactor.text(redactor.text("nothing … here"))


@pytest.mark.parametrize("shorten", [lambda text: shortened(text, 60), brief, lambda text: listed([text, "b"])])
@pytest.mark.parametrize("before", range(40, 60))
def test_whatever_cuts_says_so(shorten: Callable[[str], str], before: int) -> None:
    shown = Redactor(KEY).text(shorten("-" * before + KEY * 2))

    assert KEY[:4] not in shown


@settings(max_examples=40, deadline=None)
@given(secrets, st.binary(max_size=40), st.binary(max_size=40))
def test_no_secret_is_left_in_the_base64_of_something_larger(secret: str, before: bytes, after: bytes) -> None:
    encoded = base64.b64encode(before + secret.encode() + after)

    shown = Redactor(secret).body(b'{"input": "' + encoded + b'"}')

    core = len(before) * 4 // 3 + 2, (len(before) + len(secret)) * 4 // 3 - 2
    assert encoded[slice(*core)] not in shown
    assert shown.startswith(b'{"input": "')


@settings(max_examples=60, deadline=None)
@given(secrets, st.binary(max_size=60), st.binary(max_size=60))
def test_a_secret_amid_bytes_of_no_text(secret: str, before: bytes, after: bytes) -> None:
    redactor = Redactor(secret)

    assert redactor.body(before + secret.encode() + after) in (
        before + PLACEHOLDER.encode() + after,
        redactor.body(before) + PLACEHOLDER.encode() + redactor.body(after),
    )


@given(st.text())
def test_text_without_a_secret_is_untouched(text: str) -> None:
    redactor = Redactor(KEY, TOKENS)

    assert redactor.text(text) == text
    assert redactor.value([text, {"a": text}, 1, 1.5, None, True]) == [text, {"a": text}, 1, 1.5, None, True]
    assert list(redactor.value({text: 1})) == [text]


@given(st.binary())
def test_bytes_without_a_secret_are_untouched(content: bytes) -> None:
    assert Redactor(KEY, TOKENS).body(content) == content
    assert Redactor().body(content) == content


@pytest.mark.parametrize(
    "text",
    [
        "Basic usage of the API, and a Bearer token, are described below.",
        "the query parameter api_key is required",
        '{"detail": "api_key missing", "loc": ["query", "api_key"]}',
        "https://host.example/a/1?api_key=",
        "kX9fQ2m is only the beginning of a word",
        "Basic authentication; Bearer authorization",
        "basic/1 and bearer/2 are models",
    ],
)
def test_words_about_secrets_are_no_secrets(text: str) -> None:
    assert Redactor(KEY, TOKENS).text(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/a/1?api_key=unknown-key&x=1", "/a/1?api_key=***&x=1"),
        ("/a/1?x=1&API_KEY=unknown-key#part", "/a/1?x=1&API_KEY=***#part"),
        ("apikey=unknown-key", "apikey=***"),
        ('"service_secret" : "unknown"', '"service_secret" : "***"'),
        ('{"api_key":"with \\" quote","a":1}', '{"api_key":"***","a":1}'),
        ("Authorization: Bearer aB3dE5", "Authorization: Bearer ***"),
        ("basic dXNlcjpwYXNz0=", "basic ***"),
        ("Api_Key=unknown-key", "Api_Key=***"),
        ("&api_key=unknown-key", "&api_key=***"),
        ("a\napi_key=unknown-key", "a\napi_key=***"),
        ("my_api_key=no-secret", "my_api_key=no-secret"),
        ("BEARER aB3dE5", "BEARER ***"),
        ("xBearer aB3dE5 is one word", "xBearer aB3dE5 is one word"),
        ("(bearer aB3dE5)", "(bearer ***)"),
        (f"curl 'http://host/a?api_key={KEY}'", f"curl 'http://host/a?api_key={PLACEHOLDER}'"),
    ],
)
def test_what_is_named_as_a_secret_is_hidden_whatever_its_value(text: str, shown: str) -> None:
    redactor = Redactor(KEY)

    assert redactor.text(text) == shown
    assert redactor.body(text.encode()) == shown.encode()
    assert redactor.text(shown) == shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", f"Bearer {KEY}", f"Bearer {PLACEHOLDER}"),
        ("authorization", "Bearer another", "Bearer ***"),
        ("AUTHORIZATION", KEY, PLACEHOLDER),
        ("Proxy-Authorization", 'Digest username="me", response="6629fae4"', "Digest ***"),
        ("X-Api-Key", "another", HIDDEN),
        ("Cookie", "session=abc; token=def", HIDDEN),
        ("Set-Cookie", "sid=secret; Path=/; HttpOnly", HIDDEN),
        ("X-Gateway", "tok-5f0c1d9e8b7a", HIDDEN),
        ("X-Request-Id", f"for {KEY}", f"for {PLACEHOLDER}"),
        ("Content-Type", "application/json", "application/json"),
        ("Authorization", "", ""),
    ],
)
def test_headers(name: str, value: str, shown: str) -> None:
    redactor = Redactor(KEY, TOKENS)

    once = redactor.headers(((name, value),))

    assert once == ((name, shown),)
    assert redactor.headers(once) == once


def test_members_that_are_named_as_secrets() -> None:
    shown = Redactor(KEY).value(
        {"api_key": "other", "API_KEY": KEY, "cookie": "a=b", "key": "kept", "n": {"apikey": "x"}}
    )

    assert shown == {
        "api_key": HIDDEN,
        "API_KEY": PLACEHOLDER,
        "cookie": HIDDEN,
        "key": "kept",
        "n": {"apikey": HIDDEN},
    }


def test_only_the_key_becomes_the_variable() -> None:
    """A command that filled the key into another header would send it where it does not belong."""
    redactor = Redactor(KEY, TOKENS)

    assert redactor.text("sent tok-5f0c1d9e8b7a and abc123def456 and dXNlcjpodW50ZXIy") == "sent *** and *** and ***"
    assert redactor.text(KEY) == f"${KEY_VARIABLE}"


@pytest.mark.parametrize("scheme", ["Basic", "basic"])
@pytest.mark.parametrize("padding", ["", "="])
def test_the_password_of_basic_credentials_is_a_secret_by_itself(scheme: str, padding: str) -> None:
    """A gateway that decodes it may well repeat it, and so may a server that keeps its users' names."""
    given = base64.b64encode(b"user:hunter2+pw").decode().rstrip("=") + padding
    redactor = Redactor(KEY, (("Authorization", f"{scheme} {given}"),))

    assert redactor.text("user:hunter2+pw is wrong") == "*** is wrong"
    assert redactor.text("no hunter2+pw, no hunter2%2Bpw") == "no ***, no ***"
    assert redactor.text(base64.b64encode(b"{user:hunter2+pw}").decode())[2:5] == HIDDEN
    assert redactor.text("user") == "user"


@pytest.mark.parametrize("value", ["Basic nothing", "Basic /+/+", "Basic", "Basic dTo= more", "Basic dTph"])
def test_what_is_no_basic_credentials(value: str) -> None:
    """A password of a letter is not taken out of everything."""
    assert Redactor(KEY, (("Authorization", value),)).text("a or b") == "a or b"


def test_a_password_beyond_ascii() -> None:
    redactor = Redactor(KEY, (("Authorization", f"Basic {base64.b64encode('u:pässwörd'.encode()).decode()}"),))

    assert redactor.text("pässwörd") == HIDDEN
    assert redactor.body("pässwörd".encode()) == HIDDEN.encode()


def test_short_words_of_headers_are_not_taken_out_of_everything() -> None:
    redactor = Redactor(KEY, (("X-Debug", "1"), ("X-Tier", "dog"), ("X-Flag", "true")))

    assert redactor.value({"class": "dog", "n": "1", "ok": "true"}) == {"class": "dog", "n": "1", "ok": "true"}
    assert redactor.headers((("X-Debug", "1"), ("X-Tier", "dog"))) == (("X-Debug", HIDDEN), ("X-Tier", HIDDEN))


def test_headers_that_carry_no_secret_are_no_secrets() -> None:
    plain = (("Accept", "application/json"), ("User-Agent", "my-tool/1.0"), ("Content-Type", "image/jpeg"))
    redactor = Redactor(KEY, plain)

    assert redactor.headers(plain) == plain
    assert redactor.text("application/json image/jpeg my-tool/1.0") == "application/json image/jpeg my-tool/1.0"


@pytest.mark.parametrize("key", ["ROBOFLOW_API_KEY", "API_KEY", "ROBOFLOW", "ROBOFLOW_API_KEY_OF_MINE"])
def test_a_key_that_looks_like_the_placeholder(key: str) -> None:
    """Somebody exported the name of the variable as its value."""
    redactor = Redactor(key)
    shown = redactor.text(f"/a?b={key}&c={key}")

    assert shown == f"/a?b={PLACEHOLDER}&c={PLACEHOLDER}"
    assert redactor.text(shown) == shown
    assert redactor.value(redactor.value({"x": key})) == {"x": PLACEHOLDER}


@settings(max_examples=40, deadline=None)
@given(
    secrets, st.lists(st.sampled_from(["{}", "Bearer {}", "?api_key={}", '"api_key": "{}"', "x", "&amp;"]), max_size=6)
)
def test_redacting_twice_changes_nothing(secret: str, forms: list[str]) -> None:
    redactor = Redactor(secret, TOKENS)
    once = redactor.text(" ".join(form.format(secret) for form in forms))

    assert secret not in once
    assert redactor.text(once) == once
    assert redactor.body(once.encode()) == once.encode()


def test_a_redactor_shows_no_secret_of_its_own() -> None:
    assert KEY not in repr(Redactor(KEY, TOKENS))
