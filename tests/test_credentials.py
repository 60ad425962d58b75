from __future__ import annotations

import pytest
import yaml
from graphs import MINIMAL, place, said, with_project, with_step
from hostile import quick
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.credentials import find_credentials
from iguazioig.document import parse
from iguazioig.errors import MAX_PROBLEMS

UUID = "6e8c5a51-1111-2222-3333-444455556666"
RANDOM = "aB3" * 16


def found(text: str) -> list[str]:
    return said(find_credentials(parse(text.encode(), "graph.yaml")).values())


def is_found(key: str, value: object) -> bool:
    return bool(found(yaml.safe_dump({key: value})))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("password", "x"),
        ("password", 12345),
        ("db_password", "hunter2"),
        ("dbPassword", "hunter2"),
        ("PGPASSWORD", "hunter2"),
        ("my.password", "hunter2"),
        ("password2", "hunter2"),
        ("passwords", ["a1", "b2"]),
        ("passwd", "hunter2"),
        ("passphrase", "correct horse battery staple"),
        ("pwd", "hunter2"),
        ("secret", "hunter2"),
        ("client_secret", "hunter2"),
        ("clientSecret", "hunter2"),
        ("credentials", "user:hunter2"),
        ("api_key", "abc"),
        ("apiKey", "abc"),
        ("apikey", "abc"),
        ("API_KEY_1", "abc"),
        ("OPENAI_API_KEY", "abc"),
        ("access_key", "abc"),
        ("v3io_access_key", UUID),
        ("AWS_SECRET_ACCESS_KEY", "abc"),
        ("private_key", "abc"),
        ("secret_key", "django-insecure-foo"),
        ("account_key", "aGVsbG8xMjM="),
        ("session_key", "k3y!"),
        ("token", "abc"),
        ("token", 12345),
        ("api_token", "abc"),
        ("auth-token", "abc"),
        ("accessToken", "abc"),
        ("authtoken", "abc"),
    ],
)
def test_a_key_says_that_its_value_is_a_credential(key: str, value: object) -> None:
    assert is_found(key, value)


@pytest.mark.parametrize(
    "value",
    [
        "https://user:pass@example.com/in",
        "git+https://user:pass@github.com/a/b",
        "redis://:pass@host:6379/0",
        "postgresql+psycopg2://u:p@h/db",
        "see https://user:pass@example.com/in for more",
        "https://0123456789abcdef0123@example.com/x",
        "https://h/in?token=abcdefgh1",
        "https://h/in?a=b&api_key=abcdefgh1#c",
        "https://h/in?sv=1&sig=aGVsbG8xMjM",
        "Server=h;User=u;Password=hunter2;",
        "host=h user=u password=hunter2",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=aGVsbG8=;",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_" + "a1" * 18,
        "before ghp_" + "a1" * 18 + " after",
        "github_pat_" + "a1" * 18,
        "glpat-" + "a1" * 10,
        "xoxb-1234567890-abc",
        "sk-" + RANDOM,
        "sk-proj-" + RANDOM,
        "sk-ant-api03-" + RANDOM,
        "AIza" + RANDOM,
        "hf_" + RANDOM,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4",
        "Bearer abcdef1234567890xyz",
        "Basic dXNlcjpwYXNzd29yZDE=",
    ],
    ids=lambda value: value[:20],
)
def test_a_value_says_itself_that_it_is_a_credential(value: str) -> None:
    assert is_found("anything", value)
    assert is_found("anything", ["harmless", {"deeper": value}])
    assert is_found(value, "as a key")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        # names of keys, columns and fields
        ("partition_key_name", "password"),
        ("sort_key", "abc1"),
        ("primary_key", "id1"),
        ("join_key", "order1"),
        ("cache_key", "u1"),
        ("author_key", "x1"),
        ("account_key", "account_id"),
        ("client_key", "client"),
        ("session_key", "session id"),
        ("key", "value1"),
        ("keys", ["a1", "b2"]),
        ("key_columns", ["a", "b"]),
        ("public_key", "abc1"),
        ("hotkey", "a1"),
        ("monkey", "a1"),
        ("keyword", "a1"),
        # tokens of text
        ("max_tokens", 512),
        ("max_token", 512),
        ("token_count", 5),
        ("tokens_per_batch", 5),
        ("tokenizer", "bert-base-uncased"),
        ("tokenization", "wordpiece"),
        ("pad_token", "[PAD]"),
        ("pad_token", "PAD"),
        ("eos_token", "</s>"),
        ("unk_token", "<unk>"),
        ("bos_token", "!"),
        ("sep_token", "|"),
        ("stop_token", "END"),
        ("token", "<|endoftext|>"),
        # where a credential is, and not what it is
        ("password_env", "DB_PASSWORD"),
        ("password_file", "hunter2.txt"),
        ("private_key", "/User/certs/key.pem"),
        ("private_key_path", "key.pem"),
        ("credentials", "/User/creds.json"),
        ("credentials", "./creds.json"),
        ("token", "/run/secrets/token"),
        ("pwd", "/User/work"),
        ("secret_name", "model-registry"),
        ("secret", "arn:aws:secretsmanager:eu-west-1:1:secret:x"),
        ("token", "https://idp.example.com/oauth/token"),
        # references and places to fill in
        ("api_key", "$API_KEY"),
        ("api_key", "${API_KEY}"),
        ("api_key", "$(cat key)"),
        ("api_key", "{{ api_key }}"),
        ("api_key", "<your key>"),
        ("x", "https://u:${PASSWORD}@h/"),
        ("x", "https://h/in?token=${API_TOKEN}"),
        ("password", ""),
        ("password", "  "),
        ("password", None),
        ("password", True),
        ("use_password", False),
        # values that only look so
        ("x", "https://user@example.com/"),
        ("x", "https://example.com/path@1.2"),
        ("x", "https://example.com/in?q=a:b@c"),
        ("x", "ssh://git@github.com/a/b"),
        ("x", "git+ssh://git@github.com/a/b"),
        ("x", "s3://bucket/key@v1"),
        ("x", "https://h/in?token=abc"),
        ("x", "password=required"),
        ("x", "Basic understanding of things"),
        ("x", "sk-learn-random-forest-classifier-v2"),
        ("x", "risk-assessment-model-version-1-2-3-4"),
        ("x", "python:3.11@sha256:" + "a1" * 32),
        ("x", UUID),
    ],
)
def test_what_may_well_be_something_else_is_let_through(key: str, value: object) -> None:
    assert not is_found(key, value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            with_step(MINIMAL, "env_custom: {MODEL_TOKEN: hunter2}"),
            "`MODEL_TOKEN` is given a literal credential; "
            "name a Kubernetes Secret instead: `MODEL_TOKEN: {secret: my-secret, key: model_token}`",
        ),
        (
            with_step(MINIMAL, "class_init: {db: {password: hunter2}}"),
            "`password` is given a literal credential; "
            "write `env_custom: {PASSWORD: {secret: my-secret, key: password}}` "
            "and read the variable `PASSWORD` in the class",
        ),
        (
            with_step(MINIMAL, "class_init: {apiKey: hunter2}"),
            "`apiKey` is given a literal credential; "
            "write `env_custom: {API_KEY: {secret: my-secret, key: api_key}}` "
            "and read the variable `API_KEY` in the class",
        ),
        (
            MINIMAL.replace("{raw: {}}", "{raw: {v3io_access_key: hunter2}}"),
            "`v3io_access_key` is given a literal credential; leave it out: "
            "the key comes from the Secret that `access_key_secret: {name: …, key: …}` names",
        ),
        (
            with_step(MINIMAL, "env_custom: {V3IO_ACCESS_KEY: hunter2}"),
            "`V3IO_ACCESS_KEY` is given a literal credential; leave it out: "
            "the key comes from the Secret that `access_key_secret: {name: …, key: …}` names",
        ),
        (
            with_project(
                MINIMAL, "v3io_volumes: {a: {remote: a, mount_path: /a, access_key: hunter2}}"
            ),
            "`access_key` is given a literal credential; "
            "leave it out: the key is in the Secret that `volume_secret` names",
        ),
        (
            MINIMAL.replace(
                "{streams: [scores]}", "{https: ['https://u:hunter2@scores.example.com']}"
            ),
            "`https` holds a URL with a password; "
            "take it out of the URL; let a proxy or a mirror inside the cluster add it",
        ),
        (
            MINIMAL.replace(
                "project:\n", "project:\n  registry: hunter2@registry.example.com/team\n"
            ),
            "`registry` holds a user of it; "
            "take it out: who may push there is said to `docker login`, or by a Secret in the cluster",
        ),
        (
            with_step(MINIMAL, "pip: ['--index-url=https://u:hunter2@pypi.example.com/simple']"),
            "`pip` holds a URL with a password; "
            "take it out of the URL; let a proxy or a mirror inside the cluster add it",
        ),
        (
            with_project(MINIMAL, "v3io_api: https://u:hunter2@webapi.example.com"),
            "`v3io_api` holds a URL with a password; "
            "take it out of the URL; let a proxy or a mirror inside the cluster add it",
        ),
    ],
)
def test_a_credential_is_said_once_at_its_place_with_a_cure(text: str, problem: str) -> None:
    value = next(
        each for each in ("'https://u:", "'--index", "https://u:", "hunter2") if each in text
    )
    assert found(text) == [f"{place(text, value)}: {problem}"]


@pytest.mark.parametrize(
    "line",
    [
        f"access_key_secret: {UUID}",
        f"access_key_secret: {{name: v3io-access, key: {UUID}}}",
        f"volume_secret: {UUID}",
    ],
)
def test_the_key_itself_in_place_of_the_name_of_its_secret(line: str) -> None:
    [problem] = found(with_project(MINIMAL, line))
    assert problem.endswith(
        "holds what looks like a key itself; write the names of the Kubernetes Secret "
        "and of the key in it; the value is only in the cluster"
    )
    assert UUID not in problem


@pytest.mark.parametrize(
    "text",
    [
        MINIMAL,
        with_project(MINIMAL, "access_key_secret: {name: v3io-access, key: accessKey}"),
        with_project(MINIMAL, "volume_secret: v3io-fuse-2"),
        with_step(MINIMAL, "env_custom: {API_TOKEN: {secret: model-registry-2, key: token1}}"),
        with_step(MINIMAL, "env_custom: {API_TOKEN: {secret: model-registry-2}}"),
        with_step(MINIMAL, "env_custom:", "  PASSWORD: {key: password1, secret: db1}"),
    ],
)
def test_references_to_secrets_are_no_credentials(text: str) -> None:
    assert found(text) == []


def test_a_reference_is_only_one_where_it_means_one() -> None:
    text = with_step(MINIMAL, "class_init: {auth: {secret: hunter2, key: abc}}")
    assert [problem.split(":")[:2] for problem in found(text)] == [
        place(text, "hunter2").split(":")
    ]


def test_a_credential_in_a_holder_is_said_once_where_it_stands() -> None:
    text = with_project(MINIMAL, "env_custom: &env {DB_PASSWORD: hunter2}")
    text = with_step(text, "env_custom: {<<: *env, OTHER: x}")
    assert [problem.split(" is ")[0] for problem in found(text)] == [
        f"{place(text, 'hunter2')}: `DB_PASSWORD`"
    ]
    assert len(found(with_project(MINIMAL, "env_custom: {DB_PASSWORD: hunter2}"))) == 1


def test_a_value_is_judged_at_every_key_that_has_it() -> None:
    assert found("note: &it hunter2\nlist: &more [hunter3]\n") == []
    problems = found("note: &it hunter2\nlist: &more [hunter3]\npassword: *it\napi_key: *more\n")
    assert [problem.split(" is ")[0] for problem in problems] == [
        "1:7: `password`",
        "2:14: `api_key`",
    ]


def test_nothing_else_is_to_be_said_at_the_value_and_at_its_key() -> None:
    places = find_credentials(parse(b"a: {password: x}\nb: [{token: y}]\n", "f"))
    assert sorted(f"{place.line}:{place.column}" for place in places) == [
        "1:15",
        "1:5",
        "2:13",
        "2:6",
    ]


@quick(100)
@given(
    st.text(st.characters(categories=["L", "N"]), min_size=12),
    st.sampled_from(
        ["password: {}", "[{{api_key: {}}}]", "a: {{b: {{token: {}}}}}", "x: 'https://u:{}@h/'"]
    ),
)
def test_a_credential_is_never_shown(secret: str, where: str) -> None:
    for problem in found(where.format(secret)):
        assert secret not in problem


def test_keys_are_shown_in_one_short_line() -> None:
    key = "two\nlines " + "x" * 500 + " password"
    [problem] = found(yaml.safe_dump({key: "hunter2"}))
    assert "\n" not in problem
    assert len(problem) < 400


def test_more_than_anybody_reads_is_not_looked_for() -> None:
    problems = found("".join(f"password_{index}: x\n" for index in range(3 * MAX_PROBLEMS)))
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1].startswith("1001:16: there are more than 1,000 problems")


def test_a_document_that_could_not_be_read_has_none() -> None:
    assert found("a: {") == []
    assert found("") == []
