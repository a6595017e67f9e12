"""The graphs of examples/, in Python: the same names, inputs, nodes and words."""

import asyncio
import json
import operator
import re
from typing import Annotated, Any, TypedDict

from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph, add_messages
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import Send, interrupt

from scripted_model import ScriptedModel, last_human_text, speaker

DEFAULT_DELAY_MS = 15
Messages = Annotated[list[AnyMessage], add_messages]


class Chat(TypedDict, total=False):
    messages: Messages
    delayMs: float | None


async def ask_model(model: ScriptedModel, messages: list[AnyMessage], state: dict[str, Any], config: RunnableConfig):
    delay = state.get("delayMs")
    return await model.ainvoke(messages, config, delay_ms=DEFAULT_DELAY_MS if delay is None else delay)


# agent: on every turn streams text, calls a tool, streams the answer

SKIES = ["sunny", "cloudy", "rainy", "windy"]


@tool
async def get_weather(city: str) -> str:
    """The weather in a city."""
    write = get_stream_writer()
    write({"name": "progress", "payload": {"step": "weather", "city": city, "percent": 50}})
    write({"name": "progress", "payload": {"step": "weather", "city": city, "percent": 100}})
    return f"{city}: {SKIES[len(city) % len(SKIES)]}, {10 + len(city) % 20} degrees"


def weather_reply(messages: list[AnyMessage]):
    said = last_human_text(messages)
    if messages[-1].type == "tool":
        return f'You said "{said}". Here is what I found: {messages[-1].content}.', []
    found = re.search(r"\bin ([A-Z]\w+)", said)
    city = found.group(1) if found else "Lisbon"
    return f"Let me look at the weather in {city}.", [("get_weather", {"city": city})]


weather_model = ScriptedModel(reply=weather_reply)


async def agent_node(state: Chat, config: RunnableConfig):
    return {"messages": [await ask_model(weather_model, state["messages"], state, config)]}


agent = (
    StateGraph(Chat)
    .add_node("agent", agent_node)
    .add_node("tools", ToolNode([get_weather]))
    .add_edge(START, "agent")
    .add_conditional_edges("agent", tools_condition, ["tools", END])
    .add_edge("tools", "agent")
    .compile()
)


# firehose: as many chunks and custom events as its input asks for


class Load(Chat, total=False):
    tokens: int | None
    custom: int | None


async def pour(state: Load, config: RunnableConfig):
    tokens = 20 if state.get("tokens") is None else state["tokens"]
    model = ScriptedModel(reply=lambda _: ("".join(f"tok{i} " for i in range(tokens)), []))
    delay = state.get("delayMs") or 0
    answer = [await model.ainvoke(state.get("messages", []), config, delay_ms=delay)] if tokens > 0 else []
    write = get_stream_writer()
    for i in range(state.get("custom") or 0):
        write({"i": i, "payload": "x" * 64})
        if i % 100 == 99:
            await asyncio.sleep(0)
    return {"messages": answer}


firehose = StateGraph(Load).add_node("pour", pour).add_edge(START, "pour").add_edge("pour", END).compile()


# research: researchers side by side, each a graph within a graph


class Topic(TypedDict, total=False):
    topic: str
    claim: str
    findings: Annotated[list[str], operator.add]
    delayMs: float | None


class Findings(TypedDict):
    findings: Annotated[list[str], operator.add]


class Research(Chat, total=False):
    topics: list[str]
    findings: Annotated[list[str], operator.add]


planner = speaker(lambda question: f"I will look at the history, the present and the future of {question}.")
reader = speaker(lambda topic: f"Much has been written about {topic}.")
checker = speaker(lambda claim: f"Two sources agree: {claim}")
writer = speaker(lambda notes: f"This is what we found. {notes}")


async def compare(state: Topic, config: RunnableConfig):
    verdict = await ask_model(checker, [HumanMessage(state["claim"])], state, config)
    return {"findings": [verdict.text]}


async def read(state: Topic, config: RunnableConfig):
    claim = await ask_model(reader, [HumanMessage(state["topic"])], state, config)
    return {"claim": claim.text}


async def plan(state: Research, config: RunnableConfig):
    subject = last_human_text(state["messages"]) or "the matter"
    topics = [f"the {part} of {subject}" for part in ("history", "present", "future")]
    return {"messages": [await ask_model(planner, state["messages"], state, config)], "topics": topics}


async def summarize(state: Research, config: RunnableConfig):
    notes = " ".join(state["findings"][-len(state["topics"]) :])
    return {"messages": [await ask_model(writer, [HumanMessage(notes)], state, config)]}


def to_researchers(state: Research):
    return [Send("investigate", {"topic": topic, "delayMs": state.get("delayMs")}) for topic in state["topics"]]


check = StateGraph(Topic, output_schema=Findings).add_node("compare", compare).add_edge(START, "compare").add_edge("compare", END).compile()
investigate = (
    StateGraph(Topic, output_schema=Findings)
    .add_node("read", read)
    .add_node("check", check)
    .add_edge(START, "read")
    .add_edge("read", "check")
    .add_edge("check", END)
    .compile()
)
research = (
    StateGraph(Research)
    .add_node("plan", plan)
    .add_node("investigate", investigate)
    .add_node("summarize", summarize)
    .add_edge(START, "plan")
    .add_conditional_edges("plan", to_researchers, ["investigate"])
    .add_edge("investigate", "summarize")
    .add_edge("summarize", END)
    .compile()
)


# approval: asks two people at once, then a third

Answers = Annotated[dict[str, Any], lambda known, given: {**known, **given}]


class Approval(Chat, total=False):
    answers: Answers


class Review(TypedDict, total=False):
    answers: Answers


drafter = speaker(lambda said: f"Here is a draft of the announcement: {said}")
closer = speaker(lambda answers: f"Thank you. The answers were {answers}.")


def asking(role: str, question: str):
    async def node(_state: Any):
        return {"answers": {role: interrupt({"role": role, "question": question, "options": ["approve", "reject"]})}}

    return node


async def draft(state: Approval, config: RunnableConfig):
    messages = add_messages([], state["messages"])
    return {"messages": [await ask_model(drafter, messages, state, config)]}


async def close(state: Approval, config: RunnableConfig):
    given = json.dumps(state.get("answers", {}), separators=(",", ":"))
    return {"messages": [await ask_model(closer, [HumanMessage(given)], state, config)]}


legal = (
    StateGraph(Review)
    .add_node("review", asking("legal", "Is the text lawful?"))
    .add_edge(START, "review")
    .add_edge("review", END)
    .compile()
)
approval = (
    StateGraph(Approval)
    .add_node("draft", draft)
    .add_node("budget", asking("budget", "Is there money for it?"))
    .add_node("legal", legal)
    .add_node("release", asking("release", "May it go out now?"))
    .add_node("close", close)
    .add_edge(START, "draft")
    .add_edge("draft", "budget")
    .add_edge("draft", "legal")
    # Both end in the same step, so two edges do what the join of examples/approval.ts does; the in-memory runtime of the
    # platform server does not restore a join, and the cases are not about that.
    .add_edge("budget", "release")
    .add_edge("legal", "release")
    .add_edge("release", "close")
    .add_edge("close", END)
    .compile()
)


# team: a supervisor that hands tasks to two named subagents


def subagent(name: str, say: Any):
    model = speaker(say)

    async def node(state: Chat, config: RunnableConfig):
        return {"messages": [await ask_model(model, state["messages"], state, config)]}

    return StateGraph(Chat).add_node("model", node).add_edge(START, "model").add_edge("model", END).compile(name=name)


SUBAGENTS = {
    "researcher": subagent("researcher", lambda task: f"I read everything about this: {task}"),
    "writer": subagent("writer", lambda task: f"I wrote three fine sentences about this: {task}"),
}


def supervise(messages: list[AnyMessage]):
    if messages[-1].type == "tool":
        turn = max(i for i, message in enumerate(messages) if message.type == "human")
        reports = " ".join(str(message.content) for message in messages[turn:] if message.type == "tool")
        return f"The team is done. {reports}", []
    wish = last_human_text(messages)
    return "I will ask the researcher and the writer.", [
        ("task", {"description": f"Research: {wish}", "subagent_type": "researcher"}),
        ("task", {"description": f"Write: {wish}", "subagent_type": "writer"}),
    ]


supervisor_model = ScriptedModel(reply=supervise)


async def supervisor(state: Chat, config: RunnableConfig):
    return {"messages": [await ask_model(supervisor_model, state["messages"], state, config)]}


async def run_tool(call: dict[str, Any], config: RunnableConfig):
    args = call["tool_call"]["args"]
    task = {"messages": [HumanMessage(args["description"])], "delayMs": call.get("delayMs")}
    output = await SUBAGENTS[args["subagent_type"]].ainvoke(task, config)
    report = ToolMessage(output["messages"][-1].text, name="task", tool_call_id=call["tool_call"]["id"])
    return {"messages": [report]}


def route(state: Chat):
    calls = getattr(state["messages"][-1], "tool_calls", [])
    return [Send("tools", {"tool_call": call, "delayMs": state.get("delayMs")}) for call in calls] or END


team = (
    StateGraph(Chat)
    .add_node("supervisor", supervisor)
    .add_node("tools", run_tool)
    .add_edge(START, "supervisor")
    .add_conditional_edges("supervisor", route, ["tools", END])
    .add_edge("tools", "supervisor")
    .compile()
)
