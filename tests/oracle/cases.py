"""Generated docker configs and images: mostly what people write, with what they get wrong mixed in.

Everything is drawn from a `random.Random`. A seeded one makes many cases fast; the one that hypothesis makes
shrinks a case that fails.
"""

import base64
import json
from random import Random
from typing import TypedDict

from tests.oracle.vocabulary import (
    AUTHS,
    COMMON_HOSTS,
    DIGESTS,
    ENTRY_FIELDS,
    EXTRAS,
    HOSTS,
    HUB,
    ODD,
    ODD_AUTHS,
    ODD_CONFIGS,
    ODD_CREDENTIALS,
    ODD_IMAGES,
    ODD_SERVERS,
    PASSWORDS,
    PATHS,
    PORTS,
    PREFIXES,
    SCHEMES,
    SIZES,
    SUFFIXES,
    TAGS,
    TOKEN_FIELDS,
    USERINFO,
    USERNAMES,
    WRONG,
)


class Case(TypedDict):
    """What `kpr match` and the Go programs are asked."""

    secrets: list[str]
    image: str


class Rendering(TypedDict):
    """The four inputs of `kubectl create secret docker-registry`."""

    server: str
    username: str
    password: str
    email: str


def matching(random: Random) -> Case:
    """Return an image and the docker configs that a reader has for it, in order."""
    image = _Image(random, tame=random.random() < 0.8)
    count = random.choice([0, *[1] * 20, *[2] * 12, *[3] * 7])
    wild = random.randrange(count) if count and random.random() < 0.5 else -1
    secrets = [_config(random, image, tame=at != wild) for at in range(count)]
    return {"secrets": secrets, "image": image.text}


def rendering(random: Random) -> Rendering:
    """Return four inputs; kubectl refuses those with an empty username, password or server."""
    return {
        "server": _text(random, HUB + HOSTS),
        "username": _text(random, USERNAMES),
        "password": _text(random, PASSWORDS),
        "email": _text(random, ("", "", *USERNAMES)),
    }


def _text(random: Random, likely: tuple[str, ...]) -> str:
    """One of the likely values, odd pieces, or any text."""
    if random.random() < 0.5:
        return random.choice(likely)
    if random.random() < 0.5:
        pieces = [random.choice(likely), *(random.choice(ODD) for _ in range(random.randrange(4)))]
        return "".join(pieces)
    return "".join(_character(random) for _ in range(random.randrange(12)))


def _character(random: Random) -> str:
    limit = random.choice([0x80, 0x80, 0x800, 0x3000, 0x10000, 0x110000])
    character = chr(random.randrange(limit))
    return "\ufffd" if 0xD800 <= ord(character) < 0xE000 else character


def _scramble(random: Random, text: str) -> str:
    """Insert something odd, take something away, or repeat it; up to three times."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        start = random.randint(0, len(text))
        end = start + random.randrange(4)
        kind = random.random()
        if kind < 0.6:
            text = text[:start] + random.choice(ODD) + text[start:]
        elif kind < 0.8:
            text = text[:start] + text[end:]
        else:
            text = text[:end] + text[start:]
    return text


class _Image:
    def __init__(self, random: Random, *, tame: bool) -> None:
        self.host = random.choice(COMMON_HOSTS if tame or random.random() < 0.5 else HOSTS)
        if self.host and random.random() < 0.2:
            self.host += random.choice((":5000", ":443") if tame else PORTS)
        self.path = random.choice(PATHS)
        self.text = f"{self.host}/{self.path}" if self.host else self.path
        kind = random.random()
        if tame or kind < 0.5:
            self.text += random.choice(("", "", ":1.0", f"@sha256:{'0123456789abcdef' * 4}"))
        elif kind < 0.65:
            self.text += random.choice(TAGS) + random.choice(DIGESTS)
        elif kind < 0.8:
            self.text = _scramble(random, self.text)
        else:
            self.text = random.choice(ODD_IMAGES)
            self.host, _, self.path = self.text.partition("/")


def _server(random: Random, image: _Image, *, tame: bool) -> str:
    kind = random.random()
    if kind < 0.15:
        return random.choice(HUB)
    if kind < 0.25:
        return random.choice(COMMON_HOSTS[:3] if tame else HOSTS) + random.choice(PORTS[:-2])
    if kind < 0.3 and not tame:
        return random.choice(ODD_SERVERS)
    host = image.host or random.choice(("index.docker.io", "index.docker.io", "docker.io"))
    if kind < 0.5:
        host = _glob(random, host, tame=tame)
    path = random.choice(("", "/" + image.path[: random.randint(0, len(image.path))]))
    if tame:
        return (
            random.choice(("", "", "https://", "http://"))
            + host
            + random.choice((path, path, path, path, "/", "/v1/", "/v2/"))
        )
    server = host + random.choice(PREFIXES) + path + random.choice(SUFFIXES)
    server = random.choice(SCHEMES) + random.choice(USERINFO) + server
    return _scramble(random, server) if random.random() < 0.1 else server


def _glob(random: Random, host: str, *, tame: bool) -> str:
    labels = host.split(".")
    at = random.randrange(len(labels))
    label = labels[at]
    first, rest = label[:1], label[1:]
    common = ("*", "*", f"{first}*", f"*{label}*", f"*{rest[:2]}*")
    odd = (
        "?" * len(label), f"\\{label}", f"[{first}]{rest}", "[a-z]*",
        "[^-]*", "[!x]*", "*[", "[z-a]", "[]", "[^]",
        "[\\]]", "[a-]", "*\\", "*?*", _scramble(random, "*"), _scramble(random, label),
    )  # fmt: skip
    labels[at] = random.choice(common if tame or random.random() < 0.5 else odd)
    return ".".join(labels)


def _config(random: Random, image: _Image, *, tame: bool) -> str:
    """Write a docker config as text: a dict has no duplicate keys, and json.dumps writes no broken ones."""
    if not tame and random.random() < 0.1:
        return random.choice(ODD_CONFIGS)
    servers = [_server(random, image, tame=tame) for _ in range(random.choice(SIZES))]
    if random.random() < 0.08:
        twin = random.choice(servers).removeprefix("https://")
        servers.append(random.choice(("https://", "http://", "", "x@")) + twin + random.choice(("", "/")))
    wild_entry = -1 if tame else random.randrange(len(servers))
    entries = _object(
        [
            (_string(random, server), _entry(random, tame=at != wild_entry))
            for at, server in enumerate(servers)
        ]
    )
    if tame:
        return _object([('"auths"', entries)])
    text = _object([(f'"{random.choice(AUTHS)}"', entries)])
    kind = random.random()
    if kind < 0.1:
        extra = random.choice(EXTRAS)
        text = random.choice((f"{text[:-1]},{extra}}}", f"{{{extra},{text[1:]}"))
    elif kind < 0.13:
        text = _scramble(random, text)
    elif kind < 0.14:
        text = text[: random.randint(0, len(text))]
    return text


def _entry(random: Random, *, tame: bool) -> str:
    username, password = random.choice(USERNAMES), random.choice(PASSWORDS)
    plain = [('"username"', _string(random, username)), ('"password"', _string(random, password))]
    auth = ('"auth"', _string(random, base64.b64encode(f"{username}:{password}".encode()).decode()))
    kind = random.random()
    if tame or kind < 0.4:
        token = (random.choice(TOKEN_FIELDS), '"t"')
        likely = [[*plain, auth], plain, [auth]] * 5
        return _object(random.choice([*likely, [token], [*plain, token], []]))
    if kind < 0.65:
        return _object([('"auth"', _string(random, _odd_auth(random)))])
    if kind < 0.7:
        return random.choice(WRONG)
    members = [(f'"{random.choice(ENTRY_FIELDS)}"', _value(random)) for _ in range(random.randint(1, 3))]
    return _object(random.choice((members, [*plain, *members], [*members, auth])))


def _value(random: Random) -> str:
    if random.random() < 0.2:
        return random.choice(WRONG)
    return _string(random, random.choice(("YTpi", "c:d", "Yzpk", random.choice(USERNAMES))))


def _odd_auth(random: Random) -> str:
    if random.random() < 0.3:
        return random.choice(ODD_AUTHS)
    data = (
        random.choice(ODD_CREDENTIALS)
        if random.random() < 0.6
        else random.randbytes(random.randrange(6)) + b":x"
    )
    text = base64.b64encode(data).decode()
    if random.random() < 0.8:
        return random.choice(
            (text, text, text.rstrip("="), f"{text}\n", text.replace("+", "-").replace("/", "_"))
        )
    return _scramble(random, text)


def _string(random: Random, value: str) -> str:
    return json.dumps(value, ensure_ascii=random.random() < 0.5)


def _object(members: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{key}:{value}" for key, value in members) + "}"
