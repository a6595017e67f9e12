"""The sync client: threads over several runs and sessions."""

from __future__ import annotations

import uuid
from typing import Any

from async_threads import ROLES, roles
from case import Context, case, equal, is_root_lifecycle, said, texts_of, until
from langgraph_sdk import get_sync_client
from langgraph_sdk.errors import NotFoundError
from sync_client import at_once, texts


def respond(thread: Any, role: str) -> dict[str, Any]:
    """Answers the interrupt of a role."""
    [interrupt] = [known for known in thread.interrupts if known["value"]["role"] == role]
    return thread.run.respond(f"{role} says yes", interrupt_id=interrupt["interrupt_id"])


@case("interrupts come with their values and namespaces and are answered one by one")
def interrupts(context: Context) -> None:
    client = get_sync_client(url=context.url)
    with client.threads.stream(assistant_id="approval", transport=context.transport) as thread:
        thread.run.start(input=said("a picnic"))
        list(thread.values)
        equal(thread.interrupted, True)
        until(lambda: roles(thread) == ["budget", "legal"])
        [budget] = [known for known in thread.interrupts if known["value"]["role"] == "budget"]
        question = {"role": "budget", "question": "Is there money for it?", "options": ["approve", "reject"]}
        equal(budget["value"], question)
        [legal] = [known for known in thread.interrupts if known["value"]["role"] == "legal"]
        equal(legal["namespace"][0].split(":")[0], "legal")
        respond(thread, "budget")
        respond(thread, "legal")
        until(lambda: "release" in roles(thread))
        assert "run_id" in respond(thread, "release")
        equal(thread.output["answers"], {role: f"{role} says yes" for role in ROLES})
        equal((thread.interrupted, thread.interrupts), (False, []))


@case("a new session of an interrupted thread knows what is asked, and what it answers counts")
def interrupted_elsewhere(context: Context) -> None:
    client = get_sync_client(url=context.url)
    thread_id = str(uuid.uuid4())
    with client.threads.stream(thread_id, assistant_id="approval", transport=context.transport) as thread:
        thread.run.start(input=said("a picnic"))
        until(lambda: roles(thread) == ["budget", "legal"])
    with client.threads.stream(thread_id, assistant_id="approval", transport=context.transport) as thread:
        until(lambda: roles(thread) == ["budget", "legal"])
        respond(thread, "legal")
    with client.threads.stream(thread_id, assistant_id="approval", transport=context.transport) as thread:
        until(lambda: "budget" in roles(thread))
        respond(thread, "budget")
        until(lambda: "release" in roles(thread))
        respond(thread, "release")
        equal(thread.output["answers"], {role: f"{role} says yes" for role in ROLES})


@case("a session without a run has the output of a finished thread")
def finished(context: Context) -> None:
    client = get_sync_client(url=context.url)
    thread_id = str(uuid.uuid4())
    with client.threads.stream(thread_id, assistant_id="quick", transport=context.transport) as thread:
        thread.run.start(input={"said": "hello"})
        equal(thread.output["heard"], "hello")
    with client.threads.stream(thread_id, assistant_id="quick", transport=context.transport) as thread:
        equal(thread.output["heard"], "hello")


@case("a session that joins a running thread gets its output")
def running(context: Context) -> None:
    """Projections of the sync client wait for a `run.start` of their own session, so only the output is there."""
    client = get_sync_client(url=context.url)
    thread_id = str(uuid.uuid4())
    with client.threads.stream(thread_id, assistant_id="gated", transport=context.transport) as thread:
        thread.run.start(input=said("you", gate=context.ask("gate")))
        context.ask("reached")
    with client.threads.stream(thread_id, assistant_id="gated", transport=context.transport) as thread:
        until(lambda: thread._run_seen)
        context.ask("open")
        equal(texts_of(thread.output), ["This is the whole answer to you"])


@case("a run in a new session of a thread with history does not end with the old end")
def history(context: Context) -> None:
    for aged in (True, False):
        # With a grace the history is far older than it; without one it has just been made.
        url, thread_id = context.ask("history", {"aged": aged})
        client = get_sync_client(url=url)
        with client.threads.stream(thread_id, assistant_id="gated", transport=context.transport) as thread:
            # The order that could show the watcher the old end: it is open before the run starts.
            until(lambda: thread._lifecycle_watcher_handle is not None)
            thread.run.start(input=said("new", gate=context.ask("gate")))
            # A WebSocket may be open without being subscribed yet: the run lasts until it is.
            until(lambda: thread._lifecycle_cursor is not None)
            context.ask("reached")
            equal(thread._run_done.done(), False)
            context.ask("open")
            spoken = texts(thread.messages)
            equal(spoken, ["This is the whole answer to new"])
            both = ["This is the whole answer to old", "This is the whole answer to new"]
            equal(texts_of(thread.output), both)


@case("a second run of a session streams like the first")
def second_run(context: Context) -> None:
    client = get_sync_client(url=context.url)
    with client.threads.stream(assistant_id="gated", transport=context.transport) as thread:
        for turn in ("one", "two"):
            # Its stream is open from the first run on, and gives what comes to those who listen by then.
            def start(text: str = turn) -> None:
                until(lambda: len(thread._controller._subscriptions) == 1)
                thread.run.start(input=said(text))

            spoken, _ = at_once(lambda: texts(thread.messages), start)
            equal(spoken, [f"This is the whole answer to {turn}"])


@case("a filter that is widened during a run gets all that is new from its cursor on")
def widened(context: Context) -> None:
    client = get_sync_client(url=context.url)
    with client.threads.stream(assistant_id="gated", transport=context.transport) as thread:
        thread.run.start(input=said("you", gate=context.ask("gate")))
        context.ask("reached")
        states = iter(thread.values)
        next(states)
        next(states)
        cursor = thread._controller._cursor
        spoken = iter(thread.subscribe(["messages"]))
        first = next(spoken)
        assert first["seq"] > cursor, (first["seq"], cursor)
        equal(first["params"]["data"]["event"], "message-start")
        context.ask("open")
        rest, _ = at_once(lambda: list(spoken), lambda: list(states))
        seqs = [event["seq"] for event in [first, *rest]]
        equal(seqs, sorted(set(seqs)))
        deltas = [event["params"]["data"].get("delta", {}).get("text", "") for event in rest]
        equal("".join(deltas), "This is the whole answer to you")


@case("a connection that is cut goes on where it was, without a gap and without a copy")
def cut(context: Context) -> None:
    client = get_sync_client(url=context.ask("proxy"))
    with client.threads.stream(assistant_id="gated", transport=context.transport) as thread:
        thread.run.start(input=said("you", gate=context.ask("gate")))
        spoken = iter(thread.subscribe(["messages", "custom", "values"]))
        events = [next(spoken)]
        while "delta" not in str(events[-1]["params"]["data"].get("event")):
            events.append(next(spoken))
        context.ask("reached")
        context.ask("cut")
        context.ask("open")
        events += list(spoken)
        equal(texts_of(thread.output), ["This is the whole answer to you"])
        wanted = [event["seq"] for event in context.ask("log", thread.thread_id)]
        equal([event["seq"] for event in events], wanted)


@case("a command that is refused raises the error of the protocol")
def refused(context: Context) -> None:
    client = get_sync_client(url=context.url)
    with client.threads.stream(assistant_id="nobody", transport=context.transport) as thread:
        try:
            thread.run.start(input=said("hello"))
        except RuntimeError as error:
            assert str(error).startswith("Protocol error [invalid_argument]: "), error
            assert "nobody" in str(error), error
        else:
            raise AssertionError("a run of no graph")


@case("threads, their state and their runs are there over REST")
def rest(context: Context) -> None:
    client = get_sync_client(url=context.url)
    thread_id = client.threads.create(metadata={"topic": "tea"})["thread_id"]
    with client.threads.stream(thread_id, assistant_id="gated", transport=context.transport) as thread:
        run_id = thread.run.start(input=said("you", gate=context.ask("gate")))["run_id"]
        context.ask("reached")
        equal(client.threads.get(thread_id)["status"], "busy")
        equal([run["status"] for run in client.runs.list(thread_id)], ["running"])
        events = iter(thread.subscribe(["lifecycle"]))
        next(events)
        client.runs.cancel(thread_id, run_id, wait=True)
        while not is_root_lifecycle(next(events), "interrupted"):
            pass
    equal(client.runs.get(thread_id, run_id)["status"], "interrupted")
    read = client.threads.get(thread_id)
    equal((read["metadata"]["topic"], read["status"]), ("tea", "idle"))
    state = client.threads.get_state(thread_id)
    equal((texts_of(state["values"], "human"), state["next"]), (["you"], ["speak"]))
    try:
        client.threads.get(str(uuid.uuid4()))
    except NotFoundError:
        return
    raise AssertionError("a thread that nobody made")
