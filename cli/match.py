"""`kpr match`: docker configs and an image in, both readers' credentials out, as JSON lines."""

import json
from collections.abc import Iterable
from typing import Any, NoReturn, TextIO

from components.registry import keyring


class UnusableLineError(Exception):
    """A line that is no request. Never shows what is in it."""


def run(lines: Iterable[bytes], output: TextIO) -> int:
    """Answer each line at once, in order; return the exit status, 1 if a line could not be used."""
    status = 0
    for line in lines:
        try:
            answer = _answer(line)
        except UnusableLineError as error:
            answer = {"error": str(error)}
            status = 1
        output.write(json.dumps(answer) + "\n")
        # The other end of a pipe may wait for this answer before it writes the next line.
        output.flush()
    return status


def _answer(line: bytes) -> dict[str, Any]:
    request = _decode(line)
    if not isinstance(request, dict):
        raise UnusableLineError('not a JSON object with "secrets" and "image"')
    secrets, image = request.get("secrets"), request.get("image")
    if not isinstance(secrets, list) or not all(isinstance(secret, str) for secret in secrets):
        raise UnusableLineError(
            '"secrets" must be a list of docker configs, each the text of one as a string'
        )
    if not isinstance(image, str):
        raise UnusableLineError('"image" must be a string')
    return keyring.match(secrets, image).as_json()


def _decode(line: bytes) -> Any:
    try:
        return json.loads(line.decode(), parse_constant=_refuse)
    except UnicodeDecodeError:
        raise UnusableLineError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise UnusableLineError(f"not JSON: column {error.pos + 1}") from None
    except RecursionError:
        raise UnusableLineError("nested too deeply") from None
    except ValueError:
        # Python converts no number of more than 4300 digits.
        raise UnusableLineError("a number has too many digits") from None


def _refuse(constant: str) -> NoReturn:
    raise UnusableLineError(f"not JSON: {constant}")
