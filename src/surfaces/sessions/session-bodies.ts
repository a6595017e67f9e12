import { z } from 'zod';
import { agentOverrides } from './agents/agent.js';
import { sendBody } from './projection/inbound-event.js';
import { metadata, metadataPatch } from './request-body.js';

const version = z.int().nullish();
const agent = z.union([
  z.string().min(1),
  z.looseObject({ type: z.literal('agent'), id: z.string().min(1), version }),
  z.looseObject({ type: z.literal('agent_with_overrides'), id: z.string().min(1), version }).and(agentOverrides),
]);

export const createSessionBody = z.looseObject({
  agent,
  environment_id: z.string().min(1).nullish(),
  title: z.string().max(500).nullish(),
  metadata: metadata.optional(),
  initial_events: z.preprocess(
    (events) => (Array.isArray(events) && events.length === 0 ? undefined : events),
    sendBody.shape.events.optional(),
  ),
});

export const updateSessionBody = z.looseObject({
  title: z.string().max(500).nullish(),
  metadata: metadataPatch.optional(),
  agent: agentOverrides.optional(),
  vault_ids: z.undefined({ error: 'vaults are not kept here' }).optional(),
});
