"""The async client: runs over REST."""

from __future__ import annotations

from typing import Any

from case import Context, case, equal, said, texts_of
from langgraph_sdk import get_client

WHOLE = "This is the whole answer to you"


@case("a run's stream that is cut in the middle goes on by itself, without a gap and without a double")
async def cut(context: Context) -> None:
    client = get_client(url=await context.asked("proxy"))
    thread_id = (await client.threads.create())["thread_id"]
    gate = await context.asked("gate")
    parts: list[Any] = []
    modes = ["messages-tuple", "values"]
    async for part in client.runs.stream(
        thread_id, "gated", input=said("you", gate=gate), stream_mode=modes, on_disconnect="continue"
    ):
        parts.append(part)
        if len([part for part in parts if part.event == "messages"]) == 3 and part.event == "messages":
            await context.asked("cut")
            await context.asked("open")
    equal("".join(part.data[0]["content"] for part in parts if part.event == "messages"), WHOLE)
    equal([part.event for part in parts].count("metadata"), 1)
    equal(parts[-1].data["status"], "success")


@case("a run that is waited for is waited for again when the connection is cut")
async def cut_wait(context: Context) -> None:
    import asyncio

    client = get_client(url=await context.asked("proxy"))
    thread_id = (await client.threads.create())["thread_id"]
    gate = await context.asked("gate")
    waiting = asyncio.create_task(client.runs.wait(thread_id, "gated", input=said("you", gate=gate)))
    await context.asked("reached")
    await context.asked("cut")
    await context.asked("open")
    equal(texts_of(await waiting), [WHOLE])


@case("runs are joined while they go on, and several are cancelled at once")
async def joined(context: Context) -> None:
    client = get_client(url=context.url)
    thread_id = (await client.threads.create())["thread_id"]
    gate = await context.asked("gate")
    run = await client.runs.create(thread_id, "gated", input=said("you", gate=gate))
    await context.asked("reached")
    stream = client.runs.join_stream(thread_id, run["run_id"], stream_mode="values")
    first = await anext(aiter(stream))
    equal(first.event, "metadata")
    await client.runs.cancel_many(thread_id=thread_id, run_ids=[run["run_id"]])
    equal([part async for part in stream][-1].data["status"], "interrupted")
