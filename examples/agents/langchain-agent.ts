import type { BaseMessage } from '@langchain/core/messages';
import { createAgent, humanInTheLoopMiddleware, tool } from 'langchain';
import { z } from 'zod';
import { lastHumanText, ScriptedModel, type ScriptedReply } from '../scripted-model.js';

const DELAY_MS = 15;

const getFares = tool(({ city }: { city: string }) => `A flight to ${city} costs 120 euros`, {
  name: 'get_fares', description: 'What a flight to a city costs.', schema: z.object({ city: z.string() }),
});

const bookFlight = tool(({ city, seats }: { city: string; seats: number }) => `Booked ${seats} to ${city}`, {
  name: 'book_flight', description: 'Books a flight.', schema: z.object({ city: z.string(), seats: z.number().int() }),
});

const model = new ScriptedModel(replyTo, DELAY_MS);

/** First the fares, then the booking, then what came of it. */
function replyTo(messages: BaseMessage[]): ScriptedReply {
  const city = /\bto ([A-Z]\w+)/.exec(lastHumanText(messages))?.[1] ?? 'Lisbon';
  const last = messages.at(-1);
  const look = { text: `I look for flights to ${city}.`, toolCalls: [{ name: 'get_fares', args: { city } }] };
  if (last?.type !== 'tool') return look;
  if (last.name !== 'get_fares') return { text: `Done: ${last.text}.` };
  return { text: `${last.text}. Shall I book it?`, toolCalls: [{ name: 'book_flight', args: { city, seats: 1 } }] };
}

/** A travel agent of LangChain, exported as `createAgent` makes it; it books nothing that nobody approved. */
export const graph = createAgent({
  name: 'travel',
  model,
  tools: [getFares, bookFlight],
  middleware: [
    humanInTheLoopMiddleware({ interruptOn: { book_flight: { allowedDecisions: ['approve', 'edit', 'reject'] } } }),
  ],
});
