"""The words that generated cases are made of: common ones first, then what a parser may stumble over."""


# Images

COMMON_HOSTS = (
    "ghcr.io", "gcr.io", "docker.io", "", "", "index.docker.io", "acme.azurecr.io", "registry.example.com",
)  # fmt: skip
HOSTS = (
    "ghcr.io", "gcr.io", "docker.io", "", "index.docker.io", "acme.azurecr.io", "dev.acme.azurecr.io",
    "registry.example.com", "registry-1.docker.io", "localhost", "10.0.0.5", "[::1]", "[fe80::1%25eth0]",
    "registry", "GHCR.io", "my_registry.io", "xn--rgistry-b1a.example.com", "régistry.example.com",
)  # fmt: skip
PORTS = ("", "", "", "", ":5000", ":443", ":80", ":", ":05000")
PATHS = ("acme/app", "app", "acme/app", "acme/team/app", "library/app", "acme2/app", "a", "acme/app__x.y--z")
TAGS = ("", ":1.0", ":latest", ":V_1.-x", ":", ":" + "t" * 128, ":" + "t" * 129, ":-x")
DIGESTS = (
    "", "", "", "", "@sha256:" + "0123456789abcdef" * 4, "@sha512:" + "0123456789abcdef" * 8,
    "@sha256:" + "0123456789ABCDEF" * 4, "@sha256:abc", "@md5:" + "0123456789abcdef" * 2, "@",
)  # fmt: skip
ODD_IMAGES = (
    "", "/", "/app", "app/", "acme//app", "https://ghcr.io/acme/app", "ghcr.io", "ghcr.io/",
    "ghcr.io/Acme/app", "Acme/app", "LOCALHOST/app", "localhost/app", "localhost:5000/app", "docker.io/app",
    "docker.io/library/app", "index.docker.io/library/app", "docker.io:443/acme/app", "0123456789abcdef" * 4,
    "library/" + "0123456789abcdef" * 4, "ghcr.io/" + "a" * 255, "ghcr.io/" + "a" * 256, "acme/" + "a" * 250,
    "ghcr.io/acme/../app", "ghcr.io/./app", ".ghcr.io/acme/app", "ghcr.io./acme/app", "-ghcr.io/acme/app",
    "user@ghcr.io/acme/app", "user:pw@ghcr.io/acme/app", "ghcr.io:a/acme/app", "ghcr.io:5000:1/acme/app",
    "[::1/acme/app", "::1/acme/app", "[1.2.3.4]/acme/app", "ghcr.io?x/acme/app", "ghcr.io/acme/app:1.0 ",
    " ghcr.io/acme/app", "ghcr.io/acme/app\n", "acme:5000/app:1", "a:b:c", "a.b/c", "_app", "app_",
    "ac___me/app", "ac..me/app",
)  # fmt: skip

# Servers

SCHEMES = ("", "", "", "", "https://", "https://", "http://", "HTTPS://", "oci://", "//", "https:/", "http:")
USERINFO = (*[""] * 15, "user@", "user:pw@", "us er@", "%zz@", "a@b@")
PREFIXES = (*[""] * 12, "/v1", "/v2", "/v1/", "/v2/", "/v3", "/v1/v2", "//", "/%76%31")
SUFFIXES = (
    *[""] * 10, "/", "/", "/v1/", "/v2/", "/v1", "/v2", "//", "?x=1", "#x", "#%zz", "?%zz", "/.", " ", "\n",
)  # fmt: skip
HUB = (
    "https://index.docker.io/v1/", "index.docker.io", "docker.io", "https://docker.io/",
    "https://docker.io/v1/", "https://index.docker.io/v1", "https://index.docker.io/v2/",
    "index.docker.io/acme", "docker.io/acme", "https://index.docker.io/v1/acme", "*.docker.io",
    "index.docker.*", "index.docker.io:443", "registry-1.docker.io", "hub.docker.com",
    "registry.hub.docker.com", "Docker.io", "INDEX.docker.io", "docker.io/library",
    "index.docker.io/library/app", "localhost",
)  # fmt: skip
ODD_SERVERS = (
    "", " ", "*", "*.*", "*.*.*", "**", "?*.io", "[a-z]*.io", "[^a].io", "gh*.i?", "g\\cr.io", "/", "//",
    "https://", "http://https://ghcr.io", "https://https://ghcr.io", ":5000", "*:5000", "ghcr.io:*",
    "ghcr.io:abc", "%zz", "[", "[::1", "[::1]", "[::1]:5000", "[::1%25eth0]", "[::1%eth0]",
    "[fe80::1%25en%2541]", "::1", "1:2:3", "x y", "\x00", "ghcr.io%2facme", "%67hcr.io", "ghcr.io/%61cme",
    "ghcr.io/acme%2fapp", "ghcr.io/acme%2", "ghcr.io/%ff", "é.io", "%c3%a9.io", "ghcr.io/é", "ghcr.io\\acme",
    "?", "#", "@", "user@", "ghcr.io@", "ghcr.io:", "ghcr.io:/acme", "[]", "[1.2.3.4]", "[::ffff:1.2.3.4]",
    "0x7f.1", "ghcr.io|", "{}", "<ghcr.io>", '"ghcr.io"', "ghcr.io/acme?x=/", "[a", "ghcr.io/acme#x",
    "ghcr.io/*", "ghcr.io/acme/*", "*/acme", "\ufeffghcr.io", "https:///acme", "https:ghcr.io",
)  # fmt: skip

# Entries of a docker config

USERNAMES = ("a", "b", "c", "d", "", "_json_key", "user@example.com", "é", "<token>", "a b", "x\u2028")
PASSWORDS = ("x", "y", "", "p:q", "é", "x\n")
TOKEN_FIELDS = ('"identitytoken"', '"identitytoken"', '"registrytoken"', '"IdentityToken"')
WRONG = (
    "null", "5", "1e400", "true", "[]", "{}", '""', '[{"a":1}]', '{"a":null}', '"\\ud800"', '"\\u0000"',
    "-0", '"x"',
)  # fmt: skip
ENTRY_FIELDS = (
    "auth", "username", "password", "email", "identitytoken", "registrytoken", "Auth", "AUTH", "Username",
    "PASSWORD", "u\u017fername", "pa\u017fsword", "pa\u017fsword", "emai\u2113", "IdentityToken",
    "to\u212aen", "identityto\u212aen", "other", "au\\u0074h", "serveraddress", "provider",
)  # fmt: skip
ODD_CREDENTIALS = (
    b"a:b", b"a:b", b"aa:b", b"aaa:b", b"", b":", b":x", b"x:", b"nocolon", b"a:b:c", b"a:b\n", b"\xff:x",
    b"a\xe2\x82:x", b"\xf0\x9f\x98:\xff", b"a:\x00", b"\xed\xa0\x80:x", b"\xc0\xaf:x", b"\xef\xbf\xbd:x",
    b"a\xff\xfeb:x", b"\n:\n",
)  # fmt: skip
ODD_AUTHS = (
    "", "=", "==", "YTpi=", "YTpi==", "YTpi\n", "YTpi=\n", "YTpi =", "YTpi\u00a0", "YTo", "YTo=", "YTo==",
    "YTp=", "Y", "YTq", "YTr=", "YTpiYw=", "YTpiYw=\n=", "YTpiYw==\n", "YTpiYw==x", "YTpiYw\n", "!!",
    "YTpi====", " YTpi", "YTpi\t", "YTpiYw\u2003==", "YTpiYw==\u2003", "\nYTpi", "YTpiYx==", "YTpiYx",
    "YTpiY===", "YT\npi", "YTpi\r", "\n", " ",
)  # fmt: skip

# Docker configs

SIZES = (*[1] * 12, *[2] * 6, 3, 3, 3, 4, 12)
AUTHS = (
    *[""] * 24, "Auths", "AUTHS", "aut\u017f", "auth\u017f", "auth", "auths ", "auths\\u0000", "a\\u0075ths",
)  # fmt: skip
EXTRAS = (
    '"credsStore":"desktop"', '"credHelpers":{"ghcr.io":"gh"}', '"HttpHeaders":{"a":"b"}',
    '"HttpHeaders":{"a":1}', '"HttpHeaders":5', '"httpheaders":[]', '"HttpHeaders":null',
    '"HTTPHEADERS":{"a":null}', '"Auths":{}', '"auths":null', '"auths":{"ghcr.io":{"auth":"eDp5"}}',
    '"AUTHS":{"ghcr.io":{}}', '"auths":[]', '"x":NaN', '"x":1.', '"x":01', '"x":-', '"x":1e5', '"x":tru',
    '"x":[1,]', '"":""', '"auth\\u017f":{"gcr.io":{"username":"s"}}',
)  # fmt: skip
ODD_CONFIGS = (
    "", " ", "null", "[]", "5", '"x"', "{}", "{", "true", '{"auths":null}', '{"auths":[]}', '{"auths":5}',
    '{"auths":{}}', '{"auths":""}', "\ufeff{}", "{}\n", "{} x", "{}{}", '{"ghcr.io":{"auth":"YTpi"}}',
    "\x00", "{'auths':{}}", '{"auths":{},}', '{"auths" {}}', "//",
    '{"auths":{"ghcr.io":{"auth":"YTpi"}}}\u00a0', "nul", "nullx",
    '\t{"auths":{"ghcr.io":{"auth":"YTpi"}}}\r\n ', '{"auths":{"ghcr.io":{"auth":"YTpi\n"}}}',
    '{"auths":{"\\x":{}}}', '{"auths":{"ghcr.io\\ud800":{}}}', '{"auths":{"\\ud83d\\ude00.io":{}}}',
    '{"auths":{"ghcr.io":{"auth":"\\u0059Tpi"}}}',
    '{"auths":{"ghcr.io":{"x":' + "[" * 300 + "]" * 300 + "}}}",
)  # fmt: skip

# Anywhere

ODD = (
    " ", "%", "%zz", "%2f", "%2E", "%41", "%ff", "%00", "%5b", "%25", "[", "]", "[]", "*", "?", "\\", "^",
    ":", "::", "@", "/", "//", "#", "..", "-", "_", "A", "\u017f", "\u212a", "é", "\U0001f600", "\ufffd",
    "\u2028", "\x00", "\n", "\t", "\x7f", "\x85", '"', "<", ">", "&", "|", "{", "`", "'", ";", "=", "+", ",",
    "$", "!", "~", "0", "\u0130", "/v1/", "}", "\r", "\r\n", "\\u", "\\ud800", "null", "1e5", "==", "a", "(",
)  # fmt: skip
