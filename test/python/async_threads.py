"""The async client: threads over several runs and sessions."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

from async_client import drain, texts
from case import Context, case, equal, is_root_lifecycle, said, texts_of
from langgraph_sdk import get_client
from langgraph_sdk.errors import NotFoundError

ROLES = ("budget", "legal", "release")


async def until(predicate: Callable[[], bool]) -> None:
    """Waits for a field of the SDK that a task of it fills, and for which it has no event."""
    while not predicate():
        await asyncio.sleep(0.005)


def roles(thread: Any) -> list[str]:
    """Who is asked by the interrupts that the session knows."""
    return sorted(interrupt["value"]["role"] for interrupt in thread.interrupts)


async def respond(thread: Any, role: str) -> dict[str, Any]:
    """Answers the interrupt of a role."""
    [interrupt] = [known for known in thread.interrupts if known["value"]["role"] == role]
    return await thread.run.respond(f"{role} says yes", interrupt_id=interrupt["interrupt_id"])


@case("interrupts come with their values and namespaces and are answered one by one")
async def interrupts(context: Context) -> None:
    client = get_client(url=context.url)
    async with client.threads.stream(assistant_id="approval", transport=context.transport) as thread:
        await thread.run.start(input=said("a picnic"))
        await drain(thread.values)
        equal(thread.interrupted, True)
        await until(lambda: len(thread.interrupts) == 2)
        equal(roles(thread), ["budget", "legal"])
        [budget] = [known for known in thread.interrupts if known["value"]["role"] == "budget"]
        question = {"role": "budget", "question": "Is there money for it?", "options": ["approve", "reject"]}
        equal(budget["value"], question)
        [legal] = [known for known in thread.interrupts if known["value"]["role"] == "legal"]
        equal(legal["namespace"][0].split(":")[0], "legal")
        state = await client.threads.get_state(thread.thread_id)
        equal(sorted(task["name"] for task in state["tasks"]), ["budget", "legal"])
        await respond(thread, "budget")
        await respond(thread, "legal")
        await until(lambda: "release" in roles(thread))
        assert "run_id" in await respond(thread, "release")
        answers = (await thread.output)["answers"]
        equal(answers, {role: f"{role} says yes" for role in ROLES})
        equal((thread.interrupted, thread.interrupts), (False, []))


@case("a new session of an interrupted thread knows what is asked, and what it answers counts")
async def interrupted_elsewhere(context: Context) -> None:
    client = get_client(url=context.url)
    thread_id = str(uuid.uuid4())
    async with client.threads.stream(thread_id, assistant_id="approval", transport=context.transport) as thread:
        await thread.run.start(input=said("a picnic"))
        await until(lambda: len(thread.interrupts) == 2)
    async with client.threads.stream(thread_id, assistant_id="approval", transport=context.transport) as thread:
        await until(lambda: roles(thread) == ["budget", "legal"])
        await respond(thread, "legal")
    async with client.threads.stream(thread_id, assistant_id="approval", transport=context.transport) as thread:
        await until(lambda: "budget" in roles(thread))
        await respond(thread, "budget")
        await until(lambda: "release" in roles(thread))
        await respond(thread, "release")
        equal((await thread.output)["answers"], {role: f"{role} says yes" for role in ROLES})


@case("a session without a run has the output and the values of a finished thread")
async def finished(context: Context) -> None:
    client = get_client(url=context.url)
    thread_id = str(uuid.uuid4())
    async with client.threads.stream(thread_id, assistant_id="quick", transport=context.transport) as thread:
        await thread.run.start(input={"said": "hello"})
        await thread.output
    async with client.threads.stream(thread_id, assistant_id="quick", transport=context.transport) as thread:
        equal((await thread.output)["heard"], "hello")
        equal((await anext(aiter(thread.values)))["heard"], "hello")


@case("a session that joins a running thread gets all of the run")
async def running(context: Context) -> None:
    client = get_client(url=context.url)
    thread_id, gate = str(uuid.uuid4()), await context.asked("gate")
    async with client.threads.stream(thread_id, assistant_id="gated", transport=context.transport) as thread:
        await thread.run.start(input=said("you", gate=gate))
        await context.asked("reached")
    async with client.threads.stream(thread_id, assistant_id="gated", transport=context.transport) as thread:
        progress: list[int] = []

        async def follow() -> None:
            async for event in thread.extensions["progress"]:
                progress.append(event["payload"]["done"])
                await context.asked("open")

        _, spoken, states = await asyncio.gather(follow(), drain(thread.messages), drain(thread.values))
        equal([await message.text for message in spoken], ["This is the whole answer to you"])
        equal(progress, [0, 100])
        equal(texts_of(states[-1]), ["This is the whole answer to you"])
        equal(texts_of(await thread.output), ["This is the whole answer to you"])


@case("a run in a new session of a thread with history does not end with the old end")
async def history(context: Context) -> None:
    client = get_client(url=context.url)
    for aged in (True, False):
        # With a grace the history is far older than it; without one it has just been made.
        url, thread_id = await context.asked("history", {"aged": aged})
        client = get_client(url=url)
        async with client.threads.stream(thread_id, assistant_id="gated", transport=context.transport) as thread:
            # The order that could show the watcher the old end: it is open before the run starts.
            await until(lambda: thread._lifecycle_watcher_handle is not None)
            await thread._lifecycle_watcher_handle.ready
            await thread.run.start(input=said("new", gate=await context.asked("gate")))
            # A WebSocket may be open without being subscribed yet: the run lasts until it is.
            await until(lambda: thread._lifecycle_cursor is not None)
            reading = asyncio.gather(drain(thread.values), texts(thread.messages), thread.output)
            await context.asked("reached")
            equal((reading.done(), thread._run_done.done()), (False, False))
            await context.asked("open")
            states, spoken, output = await reading
            equal(spoken, ["This is the whole answer to new"])
            both = ["This is the whole answer to old", "This is the whole answer to new"]
            equal((texts_of(states[-1]), texts_of(output)), (both, both))


@case("a second run of a session streams like the first")
async def second_run(context: Context) -> None:
    client = get_client(url=context.url)
    async with client.threads.stream(assistant_id="gated", transport=context.transport) as thread:
        for turn in ("one", "two"):
            # Its stream is open from the first run on, and gives what comes to those who listen by then.
            reading = asyncio.create_task(texts(thread.messages))
            await until(lambda: len(thread._subscriptions) == 1)
            await thread.run.start(input=said(turn))
            equal(await reading, [f"This is the whole answer to {turn}"])


@case("a filter that is widened during a run gets all that is new from its cursor on")
async def widened(context: Context) -> None:
    client = get_client(url=context.url)
    async with client.threads.stream(assistant_id="gated", transport=context.transport) as thread:
        await thread.run.start(input=said("you", gate=await context.asked("gate")))
        await context.asked("reached")
        states = aiter(thread.values)
        await anext(states)
        await anext(states)
        cursor = thread._cursor
        spoken = aiter(thread.subscribe(["messages"]))
        first = await anext(spoken)
        assert first["seq"] > cursor, (first["seq"], cursor)
        equal(first["params"]["data"]["event"], "message-start")
        await context.asked("open")
        rest, _ = await asyncio.gather(drain(spoken), drain(states))
        seqs = [event["seq"] for event in [first, *rest]]
        equal(seqs, sorted(set(seqs)))
        deltas = [event["params"]["data"].get("delta", {}).get("text", "") for event in rest]
        equal("".join(deltas), "This is the whole answer to you")


@case("a connection that is cut goes on where it was, without a gap and without a copy")
async def cut(context: Context) -> None:
    client = get_client(url=await context.asked("proxy"))
    async with client.threads.stream(assistant_id="gated", transport=context.transport) as thread:
        await thread.run.start(input=said("you", gate=await context.asked("gate")))
        spoken = aiter(thread.subscribe(["messages", "custom", "values"]))
        events = [await anext(spoken)]
        while "delta" not in str(events[-1]["params"]["data"].get("event")):
            events.append(await anext(spoken))
        await context.asked("reached")
        await context.asked("cut")
        await context.asked("open")
        events += await drain(spoken)
        equal(texts_of(await thread.output), ["This is the whole answer to you"])
        wanted = [event["seq"] for event in await context.asked("log", thread.thread_id)]
        equal([event["seq"] for event in events], wanted)


@case("a command that is refused raises the error of the protocol")
async def refused(context: Context) -> None:
    client = get_client(url=context.url)
    async with client.threads.stream(assistant_id="nobody", transport=context.transport) as thread:
        try:
            await thread.run.start(input=said("hello"))
        except RuntimeError as error:
            assert str(error).startswith("Protocol error [invalid_argument]: "), error
            assert "nobody" in str(error), error
        else:
            raise AssertionError("a run of no graph")
    async with client.threads.stream(assistant_id="approval", transport=context.transport) as thread:
        await thread.run.start(input=said("a picnic"))
        await until(lambda: len(thread.interrupts) == 2)
        thread.interrupts.append({"interrupt_id": "made up", "value": None, "namespace": []})
        try:
            await thread.run.respond("yes", interrupt_id="made up")
        except RuntimeError as error:
            assert str(error).startswith("Protocol error [no_such_interrupt]: "), error
        else:
            raise AssertionError("an answer to nobody")


@case("threads, their state and their runs are there over REST")
async def rest(context: Context) -> None:
    client = get_client(url=context.url)
    made = await client.threads.create(metadata={"topic": "tea"})
    thread_id = made["thread_id"]
    async with client.threads.stream(thread_id, assistant_id="gated", transport=context.transport) as thread:
        run_id = (await thread.run.start(input=said("you", gate=await context.asked("gate"))))["run_id"]
        events = aiter(thread.events)
        await context.asked("reached")
        equal((await client.threads.get(thread_id))["status"], "busy")
        equal([run["status"] for run in await client.runs.list(thread_id)], ["running"])
        await client.runs.cancel(thread_id, run_id, wait=True)
        while not is_root_lifecycle(await anext(events), "interrupted"):
            pass
    equal((await client.runs.get(thread_id, run_id))["status"], "interrupted")
    read = await client.threads.get(thread_id)
    equal((read["metadata"]["topic"], read["status"]), ("tea", "idle"))
    state = await client.threads.get_state(thread_id)
    equal((texts_of(state["values"], "human"), state["next"]), (["you"], ["speak"]))
    try:
        await client.threads.get(str(uuid.uuid4()))
    except NotFoundError:
        pass
    else:
        raise AssertionError("a thread that nobody made")
