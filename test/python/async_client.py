"""The async client: what one run gives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from typing import Any, TypeVar

from case import Context, case, equal, said, texts_of
from langgraph_sdk import get_client

T = TypeVar("T")

WEATHER = ["Let me look at the weather in Paris.", 'You said "in Paris". Here is what I found: Paris: cloudy, 15 degrees.']
TEXT = "Paris: cloudy, 15 degrees"


async def drain(items: AsyncIterable[T]) -> list[T]:
    """Everything until the iterable ends."""
    return [item async for item in items]


async def texts(messages: AsyncIterable[Any]) -> list[str]:
    """The texts of the messages; one is complete once the next is asked for, so all are taken first."""
    return [await message.text for message in await drain(messages)]


@case("values give the state of the thread, then every step, and end with the run")
async def values(context: Context) -> None:
    client = get_client(url=context.url)
    async with client.threads.stream(assistant_id="gated", transport=context.transport) as thread:
        await thread.run.start(input=said("you", gate=await context.asked("gate")))
        await context.asked("reached")
        seen = []
        async for state in thread.values:
            seen.append(texts_of(state, "human") + texts_of(state))
            if len(seen) == 2:
                await context.asked("open")
        equal(seen, [["you"], ["you"], ["you", "This is the whole answer to you"]])
        equal(texts_of(await thread.values), ["This is the whole answer to you"])


@case("messages are complete, in order and say what the state says")
async def messages(context: Context) -> None:
    client = get_client(url=context.url)
    async with client.threads.stream(assistant_id="agent", transport=context.transport) as thread:
        await thread.run.start(input=said("in Paris"))
        streams = await drain(thread.messages)
        equal([await stream.text for stream in streams], WEATHER)
        state = await thread.output
        equal(texts_of(state), WEATHER)
        spoken = [message["id"] for message in state["messages"] if message["type"] == "ai"]
        equal([stream.message_id for stream in streams], spoken)
        calls = await streams[0].tool_calls
        equal([(call["name"], call["args"]) for call in calls], [("get_weather", {"city": "Paris"})])


@case("a message streams while the run goes on")
async def deltas(context: Context) -> None:
    client = get_client(url=context.url)
    async with client.threads.stream(assistant_id="gated", transport=context.transport) as thread:
        await thread.run.start(input=said("you", gate=await context.asked("gate")))
        heard: asyncio.Queue[str] = asyncio.Queue()

        async def listen() -> None:
            readers = []

            async def read(message: Any) -> None:
                async for delta in message.text:
                    heard.put_nowait(delta)

            async for message in thread.messages:
                readers.append(asyncio.create_task(read(message)))
            await asyncio.gather(*readers)

        listener = asyncio.create_task(listen())
        before = ""
        while before != "This is the ":
            before += await heard.get()
        await context.asked("open")
        await listener
        equal(before + "".join(heard.get_nowait() for _ in range(heard.qsize())), "This is the whole answer to you")


@case("messages of two models that speak at once are kept apart")
async def parallel_messages(context: Context) -> None:
    client = get_client(url=context.url)
    async with client.threads.stream(assistant_id="pair", transport=context.transport) as thread:
        await thread.run.start(input=said("both"))
        equal(sorted(await texts(thread.messages)), ["The left one says all of this.", "The right one says all of that."])


@case("tool calls have name, input and output")
async def tool_calls(context: Context) -> None:
    client = get_client(url=context.url)
    async with client.threads.stream(assistant_id="agent", transport=context.transport) as thread:
        await thread.run.start(input=said("in Paris"))
        [call] = await drain(thread.tool_calls)
        equal((call.name, call.input), ("get_weather", {"city": "Paris"}))
        output = await call.output
        equal((output["content"], output["tool_call_id"]), (TEXT, call.tool_call_id))


@case("extensions give the payloads of a custom channel")
async def extensions(context: Context) -> None:
    client = get_client(url=context.url)
    async with client.threads.stream(assistant_id="agent", transport=context.transport) as thread:
        await thread.run.start(input=said("in Paris"))
        payloads = [event["payload"] for event in await drain(thread.extensions["progress"])]
        equal([(payload["city"], payload["percent"]) for payload in payloads], [("Paris", 50), ("Paris", 100)])


@case("all projections can be read at the same time")
async def at_once(context: Context) -> None:
    client = get_client(url=context.url)
    async with client.threads.stream(assistant_id="agent", transport=context.transport) as thread:
        await thread.run.start(input=said("in Paris", gate=None))
        states, streams, calls, progress = await asyncio.gather(
            drain(thread.values), drain(thread.messages), drain(thread.tool_calls), drain(thread.extensions["progress"])
        )
        equal(texts_of(states[-1]), WEATHER)
        equal([await stream.text for stream in streams], WEATHER)
        equal([(await call.output)["content"] for call in calls], [TEXT])
        equal(len(progress), 2)


@case("interleaved projections come in the order of the log")
async def interleaved(context: Context) -> None:
    client = get_client(url=context.url)
    async with client.threads.stream(assistant_id="agent", transport=context.transport) as thread:
        await thread.run.start(input=said("in Paris"))
        channels = ["values", "messages", "tool_calls", "tasks", "updates", "checkpoints", "progress"]
        items = await drain(thread.interleave_projections(channels))
        order = [name for name, _ in items if name in ("messages", "tool_calls", "progress", "updates")]
        equal(order, ["messages", "updates", "tool_calls", "progress", "progress", "updates", "messages", "updates"])
        equal([await item.text for name, item in items if name == "messages"], WEATHER)
        states = [item for name, item in items if name == "values"]
        equal([len(state["messages"]) for state in states], [1, 2, 3, 4])
        equal([item["step"] for name, item in items if name == "checkpoints"], [0, 1, 2, 3])
        equal([item["name"] for name, item in items if name == "tasks" and "result" in item], ["agent", "tools", "agent"])


@case("subgraphs are those of the graph, with their messages and their own subgraphs")
async def subgraphs(context: Context) -> None:
    client = get_client(url=context.url)
    async with client.threads.stream(assistant_id="research", transport=context.transport) as thread:
        await thread.run.start(input=said("tea"))
        children = await drain(thread.subgraphs)
        equal([child.graph_name for child in children], ["investigate"] * 3)
        equal([child.status for child in children], ["completed"] * 3)
        parts = ["history", "present", "future"]
        checks = [await drain(child.subgraphs) for child in children]
        equal([[check.graph_name for check in found] for found in checks], [["check"]] * 3)
        claims = [f"Much has been written about the {part} of tea." for part in parts]
        verdicts = [text for [check] in checks for text in await texts(check.messages)]
        equal(sorted(verdicts), sorted(f"Two sources agree: {claim}" for claim in claims))
        equal(sorted([text for child in children for text in await texts(child.messages)]), sorted(claims))
        first, last = await texts(thread.messages)
        equal(first, "I will look at the history, the present and the future of tea.")
        assert last.startswith("This is what we found. Two sources agree"), last


@case("subagents are the tools that run a graph, with its messages")
async def subagents(context: Context) -> None:
    client = get_client(url=context.url)
    async with client.threads.stream(assistant_id="team", transport=context.transport) as thread:
        await thread.run.start(input=said("tea"))
        agents, calls = await asyncio.gather(drain(thread.subagents), drain(thread.tool_calls))
        equal([agent.graph_name for agent in agents], ["tools", "tools"])
        said_by_them = sorted([text for agent in agents for text in await texts(agent.messages)])
        reports = ["I read everything about this: Research: tea", "I wrote three fine sentences about this: Write: tea"]
        equal(said_by_them, reports)
        equal(sorted([(await call.output)["content"] for call in calls]), reports)


@case("the output is the last state, and a failed run raises its error")
async def output(context: Context) -> None:
    client = get_client(url=context.url)
    async with client.threads.stream(assistant_id="quick", transport=context.transport) as thread:
        await thread.run.start(input={"said": "hello"})
        equal(await thread.output, {"said": "hello", "heard": "hello"})
    async with client.threads.stream(assistant_id="quick", transport=context.transport) as thread:
        await thread.run.start(input={"said": "fail"})
        try:
            await thread.output
        except RuntimeError as error:
            equal(str(error), "Run errored: nothing to echo")
        else:
            raise AssertionError("the output of a failed run")


@case("a run that ends within milliseconds does not hang it")
async def quick(context: Context) -> None:
    client = get_client(url=context.url)
    for turn in range(10):
        async with client.threads.stream(assistant_id="quick", transport=context.transport) as thread:
            await thread.run.start(input={"said": f"turn {turn}"})
            states = await drain(thread.values)
            equal(states[-1]["heard"], f"turn {turn}")
            equal((await thread.output)["heard"], f"turn {turn}")
