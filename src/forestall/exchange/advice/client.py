"""The client: one question at a time to one address, with a time limit, a budget, and a rest after failures."""

import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable

import httpx2

from forestall.exchange.advice.framing import messages, read
from forestall.exchange.wire import Wire
from forestall.model.advice import Advice
from forestall.model.errors import BadSetting, ForestallError
from forestall.model.settings import Settings

_REST_AFTER = 3
"""Failures in a row after which nothing is asked for a while."""
_REST = 60.0
"""Seconds of that rest."""
_MOST_TOKENS = 300
_ALLOW = "name the host in `adviser_private_hosts`"


class ModelAdviser:
    """Asks a model for advice (`ports.Adviser`); safe to use from several threads.

    Takes:
        address: what `/chat/completions` is added to; raises BadSetting where it is no http(s) address.
        key: sent as a bearer token where it is not empty; no error ever holds it.
        seconds: longest time for one answer.
        per_minute: most questions in any minute.
    """

    def __init__(
        self,
        address: str,
        model: str,
        *,
        key: str = "",
        private: tuple[str, ...] = (),
        seconds: float = 8.0,
        per_minute: int = 20,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if httpx2.URL(address).scheme not in {"http", "https"}:
            raise BadSetting(
                f"`adviser_url` is {address!r}", "give an http(s) address such as http://127.0.0.1:11434/v1"
            )
        if not model:
            raise BadSetting("`adviser_model` is empty", "name the model that is to be asked")
        self._url = address.rstrip("/") + "/chat/completions"
        self._model = model
        self._headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {})
        self._private = private
        self._seconds = seconds
        self._per_minute = per_minute
        self._monotonic = monotonic
        self._turn = threading.Lock()
        self._asked: deque[float] = deque()
        self._failures = 0
        self._rests_until = float("-inf")

    def advise(self, text: str, policy: str) -> Advice:
        """Give the model's answer on a text under a written policy; where there is none, why. Raises nothing."""
        refused = self._refused()
        if refused:
            return Advice(model=self._model, problem=refused)
        mark = secrets.token_hex(8)
        body = json.dumps(
            {
                "model": self._model,
                "messages": messages(text, policy, mark),
                "temperature": 0,
                "max_tokens": _MOST_TOKENS,
                "stream": False,
            }
        ).encode()
        advice = self._answered(body, mark)
        with self._turn:
            self._failures = self._failures + 1 if advice.problem else 0
            if self._failures >= _REST_AFTER:
                self._failures, self._rests_until = 0, self._monotonic() + _REST
        return advice

    def close(self) -> None:
        """Nothing is held between questions."""

    def _refused(self) -> str:
        """Say why nothing may be asked now, or count the question."""
        with self._turn:
            now = self._monotonic()
            if now < self._rests_until:
                return f"the adviser failed {_REST_AFTER} times in a row and is not asked for a minute"
            while self._asked and self._asked[0] <= now - 60:
                self._asked.popleft()
            if len(self._asked) >= self._per_minute:
                return f"{self._per_minute} questions were asked within a minute (`adviser_per_minute`)"
            self._asked.append(now)
        return ""

    def _answered(self, body: bytes, mark: str) -> Advice:
        """Ask, on a wire of its own that ends when the time is up."""
        wire = Wire(self._private, self._seconds, _ALLOW, time.monotonic() + self._seconds)
        try:
            status, answer = wire.post(self._url, body, self._headers)
        except ForestallError as error:
            return Advice(model=self._model, problem=str(error))
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            return Advice(model=self._model, problem=f"the adviser did not answer ({type(error).__name__})")
        finally:
            wire.close()
        if status != 200:
            return Advice(model=self._model, problem=f"the adviser answered {status}")
        return read(answer, mark, self._model)


def from_settings(settings: Settings, key: str = "") -> ModelAdviser | None:
    """Give the adviser that the settings name, or `None` where they name none; raises BadSetting."""
    if not settings.adviser_url:
        return None
    return ModelAdviser(
        settings.adviser_url,
        settings.adviser_model,
        key=key,
        private=settings.adviser_private_hosts,
        seconds=settings.adviser_seconds,
        per_minute=settings.adviser_per_minute,
    )
