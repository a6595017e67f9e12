"""A chat model without a network: what it says depends on its messages alone; it streams word by word."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult


class ScriptedModel(BaseChatModel):
    """`reply(messages)` gives the text and the tool calls `[(name, args)]`."""

    reply: Callable[[list[BaseMessage]], tuple[str, list[tuple[str, dict[str, Any]]]]]

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        whole = None
        for chunk in chunks(*self.reply(messages)):
            whole = chunk if whole is None else whole + chunk
        return ChatResult(generations=[ChatGeneration(message=whole)])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        delay_ms: float = 0,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for count, message in enumerate(chunks(*self.reply(messages))):
            if count > 0:
                await asyncio.sleep(delay_ms / 1000)
            chunk = ChatGenerationChunk(message=message)
            if run_manager:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk


def chunks(text: str, tool_calls: list[tuple[str, dict[str, Any]]]) -> list[AIMessageChunk]:
    message_id = f"msg_{uuid4()}"
    made = [AIMessageChunk(id=message_id, content=word) for word in re.findall(r"\S+\s*", text)]
    for index, (name, args) in enumerate(tool_calls, start=1):
        whole = json.dumps(args)
        half = (len(whole) + 1) // 2
        first = {"id": f"call_{uuid4()}", "name": name, "args": whole[:half], "index": index, "type": "tool_call_chunk"}
        rest = {"id": None, "name": None, "args": whole[half:], "index": index, "type": "tool_call_chunk"}
        made += [AIMessageChunk(id=message_id, content="", tool_call_chunks=[part]) for part in (first, rest)]
    return made or [AIMessageChunk(id=message_id, content="")]


def last_human_text(messages: list[BaseMessage]) -> str:
    said = [message for message in messages if message.type == "human"]
    return str(said[-1].content) if said else ""


def speaker(say: Callable[[str], str]) -> ScriptedModel:
    """A model with one thing to say about the newest human message."""
    return ScriptedModel(reply=lambda messages: (say(last_human_text(messages)), []))
