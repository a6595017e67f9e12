"""The Python samples of the session API, and a turn with the stock Anthropic SDK.

Usage: sessions.py <case> <base URL> <session id>. Each case prints what it read, one line each.
"""

import json
import sys

import httpx
from anthropic import Anthropic, NotFoundError


def sdk_sample(base_url: str, session_id: str) -> None:
    client = Anthropic(api_key="sk-sb-YOUR_KEY", base_url=base_url)

    for event in client.beta.sessions.events.stream(session_id=session_id):
        if event.type == "agent.message":
            for block in event.content:
                print(block.text, end="")
        elif event.type == "session.status_idle":
            print(f"\n[done: {event.stop_reason.type}]")
            break


def httpx_sample(base_url: str, session_id: str) -> None:
    with httpx.stream("GET",
        f"{base_url}/v1/sessions/{session_id}/events/stream",
        headers={"Authorization": "Bearer sk-sb-YOUR_KEY"}
    ) as response:
        for line in response.iter_lines():
            if line.startswith("data: ") and line != "data: [DONE]":
                event = json.loads(line[6:])
                print(event["type"])


def live_turns(base_url: str, _: str) -> None:
    client = Anthropic(api_key="any", base_url=f"{base_url}/anthropic")
    agent = client.beta.agents.create(name="desk", model="some-model")
    environment = client.beta.environments.create(name="here")
    session = client.beta.sessions.create(agent=agent.id, environment_id=environment.id)
    for text in ("one", "two"):
        with client.beta.sessions.events.stream(session_id=session.id) as stream:
            client.beta.sessions.events.send(
                session.id, events=[{"type": "user.message", "content": [{"type": "text", "text": text}]}]
            )
            for event in stream:
                if event.type == "agent.message":
                    print(event.content[0].text)
                if event.type == "session.status_idle":
                    print(event.stop_reason.type)
                    break
    listed = [event.id for event in client.beta.sessions.events.list(session.id, limit=1)]
    print(f"{len(listed)} events, {len(set(listed))} ids")
    try:
        client.beta.sessions.retrieve("sess_00000000000070008000000000000000")
    except NotFoundError as error:
        print(error.body["error"]["type"])


if __name__ == "__main__":
    case, url, session = sys.argv[1:4]
    {"sdk": sdk_sample, "httpx": httpx_sample, "live": live_turns}[case](url, session)
