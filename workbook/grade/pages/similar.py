"""Submissions that share more than chance explains: candidates to look at, never a verdict.

What the starter gave and what the reference says is left out: everybody may have that.
"""

import keyword
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

_TOKEN = re.compile(r"#[^\n]*|[^\W\d]\w*|\d+|\"[^\"\n]*\"|'[^'\n]*'|[^\s\w]")
_LENGTH = 10
_FEWEST = 20
_SHARE = 0.6
_MOST_TOKENS = 20_000
_TOO_COMMON = 8
_MOST_PAIRS = 50


@dataclass(frozen=True)
class Pair:
    """Two learners; `share` of the smaller text is in the other one, too."""

    lesson: str
    first: str
    second: str
    share: float
    same: bool = False


@dataclass
class Class:
    """The texts of one lesson. Each is reduced to numbers as soon as it comes."""

    lesson: str
    common: set[int]
    given: set[str] = field(default_factory=set)
    prints: dict[str, set[int]] = field(default_factory=dict)
    digests: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, learner: str, digest: str, files: Mapping[str, str]) -> None:
        """Take one submission in."""
        if digest not in self.given:
            self.digests[digest].append(learner)
        self.prints[learner] = prints(files.values()) - self.common

    def pairs(self) -> list[Pair]:
        """Return the pairs to look at, the most similar first."""
        twins = [
            Pair(self.lesson, first, second, 1.0, same=True)
            for learners in self.digests.values()
            for first, second in combinations(learners[:_TOO_COMMON], 2)
        ]
        known = {(pair.first, pair.second) for pair in twins}
        found = [pair for pair in self._alike() if (pair.first, pair.second) not in known]
        return sorted(twins + found, key=lambda p: (-p.share, p.first, p.second))[:_MOST_PAIRS]

    def _alike(self) -> Iterable[Pair]:
        owners: dict[int, list[str]] = defaultdict(list)
        for learner, own in self.prints.items():
            for number in own:
                owners[number].append(learner)
        shared: dict[tuple[str, str], int] = defaultdict(int)
        for learners in owners.values():
            if 1 < len(learners) <= _TOO_COMMON:
                for pair in combinations(sorted(learners), 2):
                    shared[pair] += 1
        for (first, second), count in shared.items():
            share = count / min(len(self.prints[first]), len(self.prints[second]))
            if count >= _FEWEST and share >= _SHARE:
                yield Pair(self.lesson, first, second, share)


def prints(texts: Iterable[str]) -> set[int]:
    """Return a number for each run of tokens; names do not count, so renaming hides nothing."""
    found: set[int] = set()
    for text in texts:
        words = [_kind(word) for word in _TOKEN.findall(text) if word[0] != "#"][:_MOST_TOKENS]
        runs = zip(*(words[start:] for start in range(_LENGTH)), strict=False)
        found |= {zlib.crc32(" ".join(run).encode("utf-8", "replace")) for run in runs}
    return found


def _kind(word: str) -> str:
    if word.isidentifier() and not keyword.iskeyword(word):
        return "n"
    return "s" if word[0] in "\"'" else word
