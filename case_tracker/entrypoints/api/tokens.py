"""Who may call the API: bearer tokens and the names they stand for. Never shows or logs a token."""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Self

from case_tracker.domain.audit import Actor
from case_tracker.domain.errors import InvalidValueError

SETTING = "CASE_TRACKER_API_TOKENS"
_NAME = re.compile(r"[A-Za-z0-9._@-]{1,60}")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,200}")  # what a bearer token may be: RFC 6750


@dataclass(frozen=True)
class Tokens:
    """The tokens that are accepted. One name may have several, so that they can be exchanged."""

    _digests: tuple[tuple[str, bytes], ...] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the tokens of a setting like `ann:secret1,bob:secret2`.

        Raises:
            InvalidValueError: the setting is something else, or two names share a token.
        """
        pairs = [entry.strip().partition(":") for entry in text.split(",")]
        for number, (name, _, token) in enumerate(pairs, start=1):
            if not _NAME.fullmatch(name) or not _TOKEN.fullmatch(token):
                raise _malformed(f"holds name:token pairs, separated by commas; see pair {number}")
        digests = tuple((name, _digest(token)) for name, _, token in pairs)
        if len({digest for _, digest in digests}) < len(digests):
            raise _malformed("holds each token once")
        return cls(digests)

    def actor(self, token: str) -> Actor | None:
        """Return whom the token stands for; None when it is unknown.

        All tokens are compared, each in constant time: how long it takes says nothing about them.
        """
        given, found = _digest(token), None
        for name, digest in self._digests:
            if hmac.compare_digest(digest, given):
                found = Actor(name)
        return found


def _digest(token: str) -> bytes:
    # Of equal length, whatever the token's length: compare_digest would tell that one.
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _malformed(rule: str) -> InvalidValueError:
    return InvalidValueError(SETTING, "a setting that is not shown", rule)
