"""Rules: text rules evaluated on benign posts, events per processor second, latencies, memory; beside Osprey where a checkout is named.

    python benchmarks/rules.py [--events 20000] [--rounds 5]
    OSPREY_CHECKOUT=/path/to/osprey python benchmarks/rules.py --rules 30

Sets of 30, 300 and 900 rules are made here: of ten, four ask for phrases, three for regular expressions, one for two of several phrases,
one for a phrase beside numbers, and one for a score. The posts are made of everyday words, about 187 characters each, so that few rules
fire, as in life. An event is a raw text: it is folded, searched for the patterns of all rules in one go, and decided. Each set runs in
fresh processes, the sets by turns; medians of the rounds. Where `OSPREY_CHECKOUT` names a checkout of Osprey whose Python can be started
(`OSPREY_PYTHON`, else this one), the same phrases and expressions run there as rules of its language, in turn with ours.
"""

import argparse
import gc
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.rules_osprey import osprey

from forestall.flow.notice import labels
from forestall.model.decision import Fact
from forestall.model.outcome import Outcome
from forestall.model.reading import BODY, Role, Segment
from forestall.policy.engine import Ruleset
from forestall.policy.evaluate import evaluate
from forestall.policy.facts import SCANNED
from forestall.policy.ruleset import load
from forestall.policy.texts import Scan
from forestall.text.fold import fold

SIZES = (30, 300, 900)
GOALS = {30: 60_000, 300: 30_000, 900: 12_000}
"""Events per processor second wanted of one core."""
_PARTS = "ba be bi bo da de di do ka ke ki ko la le li lo ma me mi mo na ne ni no ra re ri ro sa se si so ta te ti to"
_SYLLABLES = tuple(_PARTS.split())
_COMMON = """
the and for you with this that from your have more one will home can about there they but what some other time very when come here
just like been after first these where much people over only know back most through between should work life still world three down
own good never last might again great off since against right both under while show house small large every water found
"""
_EVERYDAY = tuple(_COMMON.split())
_LABELS = {"recruiting": Outcome.REVIEW, "contact-invite": Outcome.REVIEW, **labels([])}


def main() -> None:
    """Run every set in fresh processes, by turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rules", type=int, action="append")
    parser.add_argument("--run", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        print(json.dumps(measured(given.run, given.events)))
        return
    sizes = given.rules or list(SIZES)
    found: dict[str, list[dict[str, float]]] = {}
    for _ in range(given.rounds):
        for size in sizes:
            command = [sys.executable, "-m", "benchmarks.rules", "--run", str(size), "--events", str(given.events)]
            told = subprocess.run(command, check=True, capture_output=True, text=True)
            found.setdefault(f"forestall {size}", []).append(json.loads(told.stdout))
            checkout = os.environ.get("OSPREY_CHECKOUT", "")
            if checkout and size == SIZES[0]:
                found.setdefault(f"osprey {size}", []).append(osprey(Path(checkout), patterns(size), posts(2_000)))
    if not os.environ.get("OSPREY_CHECKOUT"):
        print("OSPREY_CHECKOUT names no checkout: Osprey is not measured")
    for name, runs in found.items():
        told_ = {key: round(statistics.median(run[key] for run in runs), 1) for key in runs[0]}
        goal = GOALS.get(int(name.split()[1])) if name.startswith("forestall") else None
        print(name, json.dumps(told_), f"goal {goal:,}" if goal else "")


def patterns(count: int) -> list[tuple[str, str]]:
    """Give so many patterns, each a kind (`phrase` or `rx`) and what it looks for."""
    chosen = random.Random(count)
    made = []
    for number in range(count):
        words = [_word(chosen) for _ in range(3)]
        if number % 10 in (4, 5, 6):
            made.append(("rx", rf"\b{words[0]} (?:{words[1]}|{words[2]})\w*\b"))
        else:
            made.append(("phrase", " ".join(words[: chosen.randint(1, 3)])))
    return made


def _word(chosen: random.Random) -> str:
    """Give a made-up word."""
    return "".join(chosen.choice(_SYLLABLES) for _ in range(chosen.randint(2, 4)))


def rules(count: int) -> Ruleset:
    """Give the ruleset of so many rules."""
    lines = ["rules:"]
    asked = patterns(count * 2)
    for number in range(count):
        kind, pattern = asked[number]
        first = f"{kind}({json.dumps(pattern)})" if "\\" not in pattern else f"{kind}(r'{pattern}')"
        more = {
            7: f'      - phrase("{_word(random.Random(number))}") or has_media',
            8: "      - text_length > 40 and parts < 20",
            9: '      - score("recruiting") >= 0.4',
        }.get(number % 10)
        lines += [
            f"  - id: rule-{number}",
            "    version: 1",
            f"    title: Rule {number}",
            "    clause: Made up",
            "    outcome: review",
            "    when:",
            f"      - {first}",
            *([more] if more else []),
            "    reason: It stands there.",
        ]
    return load({"rules.yaml": "\n".join(lines) + "\n"}, _LABELS)


def posts(count: int) -> list[str]:
    """Give so many posts of everyday words, about 187 characters each."""
    chosen = random.Random(7)
    made = []
    for _ in range(count):
        words: list[str] = []
        size = chosen.randint(90, 285)
        while sum(map(len, words)) + len(words) < size:
            words.append(chosen.choice(_EVERYDAY) if chosen.random() < 0.97 else _word(chosen))
        text = " ".join(words)
        made.append(text[0].upper() + text[1:] + chosen.choice([".", "!", " 😀", "…"]))
    return made


def measured(count: int, events: int) -> dict[str, float]:
    """Evaluate the posts under so many rules."""
    ruleset = rules(count)
    scan, texts = Scan(ruleset.hits), posts(events)
    facts: dict[str, Fact] = {
        "kind": "post",
        "has_media": False,
        "parts": 1,
        "text_length": 187,
        SCANNED: ruleset.patterns,
    }

    def one(text: str) -> bool:
        found = tuple(scan.look(Segment(BODY, Role.BODY, text), fold(text)))
        return evaluate(facts, found, ruleset).outcome is not Outcome.PASS

    for text in texts[:500]:
        one(text)
    gc.collect()
    gc.freeze()
    started, fired = time.thread_time(), 0
    for text in texts:
        fired += one(text)
    seconds = time.thread_time() - started
    single = []
    for text in texts[:5_000]:
        began = time.thread_time_ns()
        one(text)
        single.append((time.thread_time_ns() - began) / 1_000)
    return {
        "events_per_s": events / seconds,
        "p50_us": statistics.median(single),
        "p99_us": statistics.quantiles(single, n=100)[98],
        "fired": fired,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    main()
