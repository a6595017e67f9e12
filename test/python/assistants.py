"""Assistants, with the async and the sync client."""

from __future__ import annotations

import uuid
from typing import Any

from case import Context, case, equal
from langgraph_sdk import get_client, get_sync_client
from langgraph_sdk.errors import ConflictError, NotFoundError, UnprocessableEntityError

AGENT_ID = "fe096781-5601-53d2-b2f6-0d3403f7e9ca"


@case("an assistant is made, found, changed, taken back and deleted")
async def lifecycle(context: Context) -> None:
    assistants = get_client(url=context.url).assistants
    made = await assistants.create(
        "agent", {"configurable": {"model": "large"}}, context={"user": "ada"}, metadata={"team": "red"}, name="Ada"
    )
    assistant_id = made["assistant_id"]
    equal((made["version"], made["config"], made["context"]), (1, {"configurable": {"model": "large"}}, {"user": "ada"}))
    equal(await assistants.get(assistant_id), made)
    equal(await assistants.create("agent", assistant_id=assistant_id, if_exists="do_nothing"), made)
    try:
        await assistants.create("agent", assistant_id=assistant_id)
    except ConflictError:
        pass
    else:
        raise AssertionError("an id that is taken")
    updated = await assistants.update(assistant_id, metadata={"env": "test"}, name="Eve", description="new")
    equal((updated["version"], updated["metadata"]), (2, {"team": "red", "env": "test"}))
    versions = await assistants.get_versions(assistant_id)
    equal([version["name"] for version in versions], ["Eve", "Ada"])
    equal(await assistants.get_versions(assistant_id, limit=1, offset=1), [versions[1]])
    latest = await assistants.set_latest(assistant_id, 1)
    equal((latest["name"], (await assistants.get(assistant_id))["version"]), ("Ada", 1))
    await assistants.delete(assistant_id, delete_threads=True)
    try:
        await assistants.get(assistant_id)
    except NotFoundError:
        return
    raise AssertionError("an assistant that is gone")


@case("assistants are searched and counted, page by page")
async def search(context: Context) -> None:
    assistants = get_client(url=context.url).assistants
    tag = str(uuid.uuid4())
    for number in range(5):
        await assistants.create("quick", metadata={"tag": tag, "number": number}, name=f"Nr. {number} {tag}")
    equal(await assistants.count(metadata={"tag": tag}), 5)
    equal(await assistants.count(name=tag.upper(), graph_id="agent"), 0)
    names: list[str] = []
    offset: int | None = 0
    while offset is not None:
        page: Any = await assistants.search(
            metadata={"tag": tag}, limit=2, offset=offset, sort_by="name", sort_order="asc", response_format="object"
        )
        names += [assistant["name"] for assistant in page["assistants"]]
        offset = int(page["next"]) if page["next"] is not None else None
    equal(names, [f"Nr. {number} {tag}" for number in range(5)])
    [picked] = await assistants.search(graph_id="quick", metadata={"tag": tag, "number": 3}, select=["name"])
    equal(picked, {"name": f"Nr. 3 {tag}"})
    [system] = await assistants.search(graph_id="agent", metadata={"created_by": "system"})
    equal(system["assistant_id"], AGENT_ID)


@case("the graph of an assistant is drawn and told, under the assistant's id and under the graph's")
async def graph(context: Context) -> None:
    assistants = get_client(url=context.url).assistants
    for assistant_id in ("research", (await assistants.create("research"))["assistant_id"]):
        drawn = await assistants.get_graph(assistant_id)
        equal([node["id"] for node in drawn["nodes"]][:3], ["__start__", "plan", "investigate"])
        deep = await assistants.get_graph(assistant_id, xray=True)
        assert "investigate:read" in [node["id"] for node in deep["nodes"]], deep
        equal(list(await assistants.get_subgraphs(assistant_id)), ["investigate"])
        equal(list(await assistants.get_subgraphs(assistant_id, recurse=True)), ["investigate", "investigate|check"])
        equal(list(await assistants.get_subgraphs(assistant_id, "investigate")), ["investigate"])
    schemas = await assistants.get_schemas("research")
    equal(sorted(schemas["state_schema"]["properties"]), ["delayMs", "findings", "messages", "topics"])
    equal(schemas["graph_id"], "research")


@case("assistants are there for the sync client")
def sync(context: Context) -> None:
    assistants = get_sync_client(url=context.url).assistants
    made = assistants.create("agent", name="sync")
    assistant_id = made["assistant_id"]
    equal(assistants.get("agent")["assistant_id"], AGENT_ID)
    equal(assistants.update(assistant_id, config={"tags": ["a"]})["version"], 2)
    equal([version["version"] for version in assistants.get_versions(assistant_id)], [2, 1])
    equal(assistants.set_latest(assistant_id, 1)["config"], {})
    assert assistant_id in [found["assistant_id"] for found in assistants.search(name="SYNC", limit=1_000)]
    assert assistants.count() > 0
    assert assistants.get_graph(assistant_id)["edges"]
    equal(assistants.get_subgraphs(assistant_id), {})
    assistants.delete(assistant_id)
    try:
        assistants.create("nothing")
    except UnprocessableEntityError:
        return
    raise AssertionError("an assistant of no graph")
