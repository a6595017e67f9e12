"""Runs cases of the Python SDK for `python-sdk.spec.ts`.

`--list` prints the names of all cases and of the transports as JSON. Otherwise JSON objects, one per line, come in on
stdin and go out on stdout:

    in  {"id", "case", "url", "transport"}   start a case
    out {"id", "ask", "about"}               it asks for something
    in  {"id", "answer"}                     and gets it
    out {"id", "error"}                      it has ended: null, or what went wrong
"""

from __future__ import annotations

import asyncio
import inspect
import json
import queue
import sys
import threading
import traceback
from typing import Any

import assistants  # noqa: F401
import async_client  # noqa: F401
import async_runs  # noqa: F401
import async_threads  # noqa: F401
import rest_surface  # noqa: F401
import sync_client  # noqa: F401
import sync_runs  # noqa: F401
import sync_threads  # noqa: F401
from case import CASES, TRANSPORTS, Context

# A hang guard, not a promise about speed: one case that hangs must not keep the others from running.
HANG_GUARD_S = 60

_printing = threading.Lock()


def _send(message: dict[str, Any]) -> None:
    with _printing:
        print(json.dumps(message), flush=True)


class _Player(threading.Thread):
    """Plays one case in a thread of its own."""

    def __init__(self, order: dict[str, Any], answers: queue.Queue[Any]) -> None:
        super().__init__(daemon=True)
        self.order = order
        self.answers = answers
        self.function = CASES[order["case"]]
        self.loop: asyncio.AbstractEventLoop | None = None
        self.error: str | None = None

    def ask(self, what: str, about: Any = None) -> Any:
        _send({"id": self.order["id"], "ask": what, "about": about})
        return self.answers.get()

    def run(self) -> None:
        context = Context(url=self.order["url"], transport=self.order["transport"], ask=self.ask)
        try:
            if inspect.iscoroutinefunction(self.function):
                asyncio.run(self.await_it(context))
            else:
                self.function(context)
        except BaseException:
            self.error = traceback.format_exc()

    async def await_it(self, context: Context) -> None:
        self.loop = asyncio.get_running_loop()
        await self.function(context)

    def whereabouts(self) -> str:
        """Where it stands: the stacks of its tasks, or its own."""
        if self.loop is None:
            return "".join(traceback.format_stack(sys._current_frames()[self.ident or 0]))
        frames = [frame for task in asyncio.all_tasks(self.loop) for frame in task.get_stack(limit=1)]
        return "\n".join("".join(traceback.format_stack(frame, limit=2)) for frame in frames)


def _play(order: dict[str, Any], answers: queue.Queue[Any]) -> None:
    player = _Player(order, answers)
    player.start()
    player.join(HANG_GUARD_S)
    _send({"id": order["id"], "error": f"it hangs:\n{player.whereabouts()}" if player.is_alive() else player.error})


def main() -> None:
    if "--list" in sys.argv:
        print(json.dumps({"cases": list(CASES), "transports": TRANSPORTS}))
        return
    answers: dict[str, queue.Queue[Any]] = {}
    for line in sys.stdin:
        message = json.loads(line)
        if "case" in message:
            answers[message["id"]] = queue.Queue()
            threading.Thread(target=_play, args=(message, answers[message["id"]]), daemon=True).start()
        else:
            answers[message["id"]].put(message["answer"])


if __name__ == "__main__":
    main()
