"""The sync client: runs over REST."""

from __future__ import annotations

import uuid
from typing import Any

from async_client import WEATHER
from case import Context, case, equal, said, texts_of
from langgraph_sdk import get_sync_client

ASSISTANTS = uuid.UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
WHOLE = "This is the whole answer to you"


def assistant_id_of(graph_id: str) -> str:
    """The id of the assistant that the server makes of a graph."""
    return str(uuid.uuid5(ASSISTANTS, graph_id))


def spoken(parts: list[Any]) -> str:
    """The text that the chunks of messages-tuple make."""
    return "".join(part.data[0]["content"] for part in parts if part.event == "messages")


@case("runs stream metadata, then frames, then the end")
def stream(context: Context) -> None:
    client = get_sync_client(url=context.url)
    thread_id = client.threads.create()["thread_id"]
    created: list[Any] = []
    parts = list(
        client.runs.stream(
            thread_id,
            "gated",
            input=said("you"),
            stream_mode=["values", "messages-tuple", "updates"],
            on_run_created=created.append,
        )
    )
    run_id = created[0]["run_id"]
    equal((parts[0].event, parts[0].data["run_id"]), ("metadata", run_id))
    equal((parts[-1].event, parts[-1].data), ("end", {"run_id": run_id, "status": "success"}))
    equal(spoken(parts), WHOLE)
    equal(texts_of([part.data for part in parts if part.event == "values"][-1]), [WHOLE])
    equal([list(part.data) for part in parts if part.event == "updates"], [["speak"]])


@case("runs that are waited for give the final state, with and without a thread")
def wait(context: Context) -> None:
    client = get_sync_client(url=context.url)
    thread_id = client.threads.create()["thread_id"]
    equal(texts_of(client.runs.wait(thread_id, "agent", input=said("in Paris"))), WEATHER)
    equal(texts_of(client.runs.wait(None, "gated", input=said("you"))), [WHOLE])
    asked = client.runs.wait(thread_id, "approval", input=said("a picnic"))
    equal([known["value"]["role"] for known in asked["__interrupt__"]], ["budget", "legal"])
    failed = client.runs.wait(None, "agent", input=said("x"), config={"recursion_limit": 1}, raise_error=False)
    equal(failed["__error__"]["error"], "GraphRecursionError")


@case("runs are made, listed, got, joined, cancelled and deleted")
def manage(context: Context) -> None:
    client = get_sync_client(url=context.url)
    thread_id = client.threads.create()["thread_id"]
    first = client.runs.create(thread_id, "gated", input=said("you", gate=context.ask("gate")))
    context.ask("reached")
    second = client.runs.create(thread_id, "gated", input=said("you"), multitask_strategy="enqueue")
    equal([run["run_id"] for run in client.runs.list(thread_id)], [second["run_id"], first["run_id"]])
    client.runs.cancel(thread_id, second["run_id"], wait=True)
    context.ask("open")
    equal(texts_of(client.runs.join(thread_id, first["run_id"])), [WHOLE])
    statuses = {run["run_id"]: run["status"] for run in client.runs.list(thread_id)}
    equal(statuses, {first["run_id"]: "success", second["run_id"]: "interrupted"})
    client.runs.delete(thread_id, second["run_id"])
    equal(len(client.runs.list(thread_id)), 1)
    batch = client.runs.create_batch([{"assistant_id": "gated", "input": said("you")}] * 2)
    equal([run["assistant_id"] for run in batch], [assistant_id_of("gated")] * 2)


@case("runs are joined from the start, behind a frame, and after their end")
def join(context: Context) -> None:
    client = get_sync_client(url=context.url)
    thread_id = client.threads.create()["thread_id"]
    modes = ["values", "messages-tuple"]
    parts = list(client.runs.stream(thread_id, "gated", input=said("you"), stream_mode=modes))
    run_id = parts[0].data["run_id"]
    again = list(client.runs.join_stream(thread_id, run_id, last_event_id="-1"))
    equal(again, parts)
    middle = len(parts) // 2
    rest = list(client.runs.join_stream(thread_id, run_id, last_event_id=parts[middle].id))
    equal(rest, parts[middle + 1 :])


@case("a run on a thread that is missing is refused, or makes it")
def missing(context: Context) -> None:
    client = get_sync_client(url=context.url)
    thread_id = str(uuid.uuid4())
    try:
        client.runs.wait(thread_id, "gated", input=said("you"))
    except Exception as error:
        equal("404" in str(error), True)
    else:
        raise AssertionError("a missing thread was not refused")
    equal(texts_of(client.runs.wait(thread_id, "gated", input=said("you"), if_not_exists="create")), [WHOLE])
