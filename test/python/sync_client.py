"""The sync client: what one run gives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from async_client import TEXT, WEATHER
from case import Context, case, equal, said, texts_of
from langgraph_sdk import get_sync_client


def texts(messages: Iterable[Any]) -> list[str]:
    """The texts of the messages; one is complete once the next is asked for, so all are taken first."""
    return [str(message.text) for message in list(messages)]


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What the works return, each done in a thread of its own."""
    results: list[Any] = [None] * len(works)

    def do(index: int) -> None:
        results[index] = works[index]()

    threads = [threading.Thread(target=do, args=(index,), daemon=True) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@case("values give the state of the thread, then every step, and end with the run")
def values(context: Context) -> None:
    client = get_sync_client(url=context.url)
    with client.threads.stream(assistant_id="gated", transport=context.transport) as thread:
        thread.run.start(input=said("you", gate=context.ask("gate")))
        context.ask("reached")
        seen = []
        for state in thread.values:
            seen.append(texts_of(state, "human") + texts_of(state))
            if len(seen) == 2:
                context.ask("open")
        equal(seen, [["you"], ["you"], ["you", "This is the whole answer to you"]])
        equal(texts_of(thread.values.get()), ["This is the whole answer to you"])


@case("messages are complete, in order and say what the state says")
def messages(context: Context) -> None:
    client = get_sync_client(url=context.url)
    with client.threads.stream(assistant_id="agent", transport=context.transport) as thread:
        thread.run.start(input=said("in Paris"))
        streams = list(thread.messages)
        equal([str(stream.text) for stream in streams], WEATHER)
        state = thread.output
        equal(texts_of(state), WEATHER)
        spoken = [message["id"] for message in state["messages"] if message["type"] == "ai"]
        equal([stream.message_id for stream in streams], spoken)
        calls = streams[0].tool_calls.get()
        equal([(call["name"], call["args"]) for call in calls], [("get_weather", {"city": "Paris"})])


@case("a message streams while the run goes on")
def deltas(context: Context) -> None:
    client = get_sync_client(url=context.url)
    with client.threads.stream(assistant_id="gated", transport=context.transport) as thread:
        thread.run.start(input=said("you", gate=context.ask("gate")))
        heard = ""
        for event in thread.subscribe(["messages"], namespaces=[[]], depth=0):
            data = event["params"]["data"]
            heard += data["delta"]["text"] if data["event"] == "content-block-delta" else ""
            if heard == "This is the ":
                context.ask("open")
        equal(heard, "This is the whole answer to you")


@case("messages of two models that speak at once are kept apart")
def parallel_messages(context: Context) -> None:
    client = get_sync_client(url=context.url)
    with client.threads.stream(assistant_id="pair", transport=context.transport) as thread:
        thread.run.start(input=said("both"))
        equal(sorted(texts(thread.messages)), ["The left one says all of this.", "The right one says all of that."])


@case("tool calls have name, input and output")
def tool_calls(context: Context) -> None:
    client = get_sync_client(url=context.url)
    with client.threads.stream(assistant_id="agent", transport=context.transport) as thread:
        thread.run.start(input=said("in Paris"))
        [call] = list(thread.tool_calls)
        equal((call.name, call.input), ("get_weather", {"city": "Paris"}))
        equal((call.output["content"], call.output["tool_call_id"]), (TEXT, call.tool_call_id))


@case("extensions give the payloads of a custom channel")
def extensions(context: Context) -> None:
    client = get_sync_client(url=context.url)
    with client.threads.stream(assistant_id="agent", transport=context.transport) as thread:
        thread.run.start(input=said("in Paris"))
        payloads = [event["payload"] for event in thread.extensions["progress"]]
        equal([(payload["city"], payload["percent"]) for payload in payloads], [("Paris", 50), ("Paris", 100)])


@case("interleaved projections come in the order of the log")
def interleaved(context: Context) -> None:
    client = get_sync_client(url=context.url)
    with client.threads.stream(assistant_id="agent", transport=context.transport) as thread:
        thread.run.start(input=said("in Paris"))
        channels = ["values", "messages", "tool_calls", "tasks", "updates", "checkpoints", "progress"]
        items = list(thread.interleave_projections(channels))
        order = [name for name, _ in items if name in ("messages", "tool_calls", "progress", "updates")]
        equal(order, ["messages", "updates", "tool_calls", "progress", "progress", "updates", "messages", "updates"])
        equal([str(item.text) for name, item in items if name == "messages"], WEATHER)
        equal([item.output["content"] for name, item in items if name == "tool_calls"], [TEXT])
        states = [item for name, item in items if name == "values"]
        equal([len(state["messages"]) for state in states], [1, 2, 3, 4])
        equal([item["step"] for name, item in items if name == "checkpoints"], [0, 1, 2, 3])


@case("subgraphs are those of the graph, with their messages and their own subgraphs")
def subgraphs(context: Context) -> None:
    client = get_sync_client(url=context.url)
    with client.threads.stream(assistant_id="research", transport=context.transport) as thread:
        thread.run.start(input=said("tea"))
        children = list(thread.subgraphs)
        equal([child.graph_name for child in children], ["investigate"] * 3)
        equal([child.status for child in children], ["completed"] * 3)
        checks = [list(child.subgraphs) for child in children]
        equal([[check.graph_name for check in found] for found in checks], [["check"]] * 3)
        claims = [f"Much has been written about the {part} of tea." for part in ("history", "present", "future")]
        verdicts = [text for [check] in checks for text in texts(check.messages)]
        equal(sorted(verdicts), sorted(f"Two sources agree: {claim}" for claim in claims))
        equal(sorted(text for child in children for text in texts(child.messages)), sorted(claims))
        first, last = texts(thread.messages)
        equal(first, "I will look at the history, the present and the future of tea.")
        assert last.startswith("This is what we found. Two sources agree"), last


@case("subagents are the tools that run a graph, with its messages")
def subagents(context: Context) -> None:
    client = get_sync_client(url=context.url)
    with client.threads.stream(assistant_id="team", transport=context.transport) as thread:
        thread.run.start(input=said("tea"))
        items = list(thread.interleave_projections(["subgraphs", "tool_calls"]))
        agents = [item for name, item in items if name == "subgraphs"]
        equal([agent.graph_name for agent in agents], ["tools", "tools"])
        reports = ["I read everything about this: Research: tea", "I wrote three fine sentences about this: Write: tea"]
        equal(sorted(text for agent in agents for text in texts(agent.messages)), reports)
        equal(sorted(item.output["content"] for name, item in items if name == "tool_calls"), reports)


@case("the output is the last state, and a failed run raises its error")
def output(context: Context) -> None:
    client = get_sync_client(url=context.url)
    with client.threads.stream(assistant_id="quick", transport=context.transport) as thread:
        thread.run.start(input={"said": "hello"})
        equal(thread.output, {"said": "hello", "heard": "hello"})
    with client.threads.stream(assistant_id="quick", transport=context.transport) as thread:
        thread.run.start(input={"said": "fail"})
        try:
            thread.output
        except RuntimeError as error:
            equal(str(error), "Run errored: nothing to echo")
        else:
            raise AssertionError("the output of a failed run")


@case("a run that ends within milliseconds does not hang it")
def quick(context: Context) -> None:
    client = get_sync_client(url=context.url)
    for turn in range(3):
        with client.threads.stream(assistant_id="quick", transport=context.transport) as thread:
            thread.run.start(input={"said": f"turn {turn}"})
            equal(list(thread.values)[-1]["heard"], f"turn {turn}")
            equal(thread.output["heard"], f"turn {turn}")
