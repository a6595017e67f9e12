"""What a case of the Python SDK is, and what it may ask of the test that runs it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CASES: dict[str, Callable[[Context], Any]] = {}
TRANSPORTS = ("sse", "websocket")


@dataclass
class Context:
    """One run of a case: where the server is, how to reach it, and a line to the test."""

    url: str
    transport: str
    ask: Callable[..., Any]
    """Asks the test for something (see `python-sdk.spec.ts`, `answers`) and waits for the answer."""

    async def asked(self, what: str, about: Any = None) -> Any:
        """The same for the async client, whose sockets have to be answered meanwhile."""
        return await asyncio.to_thread(self.ask, what, about)


def case(title: str) -> Callable[[Callable[[Context], Any]], Callable[[Context], Any]]:
    """Registers a function, plain or async, as `title`; it fails by raising."""

    def register(function: Callable[[Context], Any]) -> Callable[[Context], Any]:
        name = f"{function.__module__.split('_')[0]} client: {title}"
        assert name not in CASES, f"two cases are called {name!r}"
        CASES[name] = function
        return function

    return register


def equal(actual: Any, expected: Any) -> None:
    """Fails unless both are equal, and shows both."""
    assert actual == expected, f"\n  actual:   {actual!r}\n  expected: {expected!r}"


def until(predicate: Callable[[], bool]) -> None:
    """Waits for a field of the SDK that another thread of it fills, and for which it has no event."""
    while not predicate():
        time.sleep(0.005)


def said(text: str, **more: Any) -> dict[str, Any]:
    """Input of the graphs that talk, with a model that does not dawdle."""
    return {"messages": [{"role": "user", "content": text}], "delayMs": 0, **more}


def text_of(message: dict[str, Any]) -> str:
    """The text of a message in a state."""
    content = message["content"]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def texts_of(state: dict[str, Any], kind: str = "ai") -> list[str]:
    """The texts of the messages of one kind in a state."""
    return [text_of(message) for message in state["messages"] if message["type"] == kind]


def is_root_lifecycle(event: dict[str, Any], what: str) -> bool:
    """True for the event that says this of a whole run."""
    params = event.get("params", {})
    return event.get("method") == "lifecycle" and params["namespace"] == [] and params["data"]["event"] == what
