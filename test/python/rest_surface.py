"""The REST surface of the SDK, as both of its clients call it: threads and store."""

from __future__ import annotations

import uuid

from case import Context, case, equal
from langgraph_sdk import get_client, get_sync_client


@case("threads are found, counted, copied, changed and deleted")
async def threads(context: Context) -> None:
    client = get_client(url=context.url)
    tag = str(uuid.uuid4())
    made = [await client.threads.create(metadata={"tag": tag, "n": n}, ttl=60) for n in range(3)]
    ids = [thread["thread_id"] for thread in made]
    found = await client.threads.search(metadata={"tag": tag}, sort_by="created_at", sort_order="asc")
    equal([thread["thread_id"] for thread in found], ids)
    found = await client.threads.search(ids=ids, limit=1, select=["thread_id"], extract={"n": "metadata.n"})
    equal(found, [{"thread_id": ids[2], "extracted": {"n": 2}}])
    equal(await client.threads.count(metadata={"tag": tag}), 3)
    equal(await client.threads.count(metadata={"tag": tag}, status="busy"), 0)
    equal((await client.threads.get(ids[0], include=["ttl"]))["ttl"]["ttl_minutes"], 60)
    equal(await client.threads.update(ids[0], metadata={"more": 1}, return_minimal=True), None)
    await client.threads.copy(ids[0])
    equal(await client.threads.count(metadata={"tag": tag, "more": 1}), 2)
    equal(await client.threads.prune(ids[:2]), {"pruned_count": 2})
    await client.threads.delete(ids[2])
    equal(await client.threads.search(ids=ids), [])


@case("state is read, updated and gone back through")
def state(context: Context) -> None:
    client = get_sync_client(url=context.url)
    step = {"updates": [{"values": {"messages": [{"role": "user", "content": "hi", "id": "m"}]}, "as_node": "__start__"}]}
    thread_id = client.threads.create(graph_id="gated", supersteps=[step])["thread_id"]
    current = client.threads.get_state(thread_id)
    equal(client.threads.get_state(thread_id, checkpoint=current["checkpoint"], subgraphs=True)["values"], current["values"])
    equal(client.threads.get_state(thread_id, select=["values.messages"]), {"values": current["values"]})
    client.threads.update_state(thread_id, {"messages": [{"role": "user", "content": "more", "id": "n"}]}, as_node="__start__")
    history = client.threads.get_history(thread_id, limit=5, before=client.threads.get_state(thread_id)["checkpoint"])
    equal([state["checkpoint"] for state in history], [current["checkpoint"]])


@case("items are stored, found and deleted")
async def store(context: Context) -> None:
    client = get_client(url=context.url)
    name = str(uuid.uuid4())
    await client.store.put_item([name, "a"], "k", {"rank": 3}, ttl=5)
    equal((await client.store.get_item([name, "a"], "k", refresh_ttl=True))["value"], {"rank": 3})
    equal(await client.store.get_item([name, "a"], "other"), None)
    found = await client.store.search_items([name], filter={"rank": {"$gt": 2}})
    equal([item["key"] for item in found["items"]], ["k"])
    equal((await client.store.list_namespaces(prefix=[name]))["namespaces"], [[name, "a"]])
    await client.store.delete_item([name, "a"], "k")
    equal((await client.store.search_items([name]))["items"], [])
