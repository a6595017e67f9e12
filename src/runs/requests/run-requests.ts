import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Assistants } from '../../assistants/assistants.service.js';
import type { Caller } from '../../auth/caller.js';
import { Settings } from '../../config/settings.js';
import { GraphRegistry } from '../../graphs/graph-registry.js';
import type { AssistantRow } from '../../storage/assistant-storage.js';
import { LimitExceededError } from '../../threads/limit-exceeded-error.js';
import { StreamingAvailability } from '../../threads/streaming-availability.js';
import { CheckpointLookup } from '../checkpoint-lookup.js';
import type { GraphCall, RunCommand, RunKwargs } from '../../storage/rows/run.js';
import { labelledBy, underAssistant } from './assistant-settings.js';
import type { RunFields, RunSettings } from './run-fields.js';
import type { AnswerRequest, RunRequest, RunTarget } from './run-request.js';
import { UnknownAssistantError } from './run-request-errors.js';

/** Of names of headers in an error message. */
const MAX_NAMES_LENGTH = 1_000;

/** Makes what clients ask for into what can be accepted: the same fields, checks and errors for every surface. */
@Injectable()
export class RunRequests {
  constructor(
    private readonly assistants: Assistants,
    private readonly graphs: GraphRegistry,
    private readonly availability: StreamingAvailability,
    private readonly checkpoints: CheckpointLookup,
    private readonly settings: Settings,
  ) {}

  /**
   * The run as it is stored: with what its assistant has beside the request by now. An answer has that from the run
   * that asked.
   * @throws UnknownAssistantError also for another's, ServiceUnavailableException for a graph that cannot stream,
   *   ProtocolError `no_such_checkpoint`, LimitExceededError as `withHeaders` does
   */
  async toStart(
    threadId: string,
    given: RunFields & { assistant_id: string },
    call: GraphCall,
    caller: Caller,
    headers: IncomingHttpHeaders = {},
  ): Promise<RunRequest | AnswerRequest> {
    const fields = this.withHeaders(given, headers);
    const assistant = await this.named(fields.assistant_id, caller);
    const { assistantId, graphId } = assistant;
    const request =
      fields.command?.resume == null
        ? underAssistant(runRequest(assistant, fields, call), assistant)
        : answerRequest({ value: fields.command.resume }, fields, { call, target: { assistantId, graphId } });
    await this.assertCheckpoint(threadId, request.kwargs);
    return labelledBy(request, assistant);
  }

  /**
   * A run of the graph that a thread is bound to, with what its assistant has beside the request; one that is gone has
   * nothing.
   * @throws ProtocolError `no_such_checkpoint`, LimitExceededError as `withHeaders` does
   */
  async onThread(
    threadId: string,
    target: RunTarget,
    fields: RunFields,
    call: GraphCall,
    caller: Caller,
    headers: IncomingHttpHeaders = {},
  ): Promise<RunRequest> {
    const request = runRequest(target, this.withHeaders(fields, headers), call);
    const assistant = await this.assistants.forRun(target.assistantId, caller);
    await this.assertCheckpoint(threadId, request.kwargs);
    if (assistant?.graphId !== target.graphId) return request;
    const { assistantId } = assistant;
    return labelledBy({ ...underAssistant(request, assistant), assistantId }, assistant);
  }

  /**
   * The fields with the headers of their request that langgraph.json lets into `config.configurable`, under what they
   * say themselves.
   * @throws LimitExceededError for more of them than MAX_CONFIGURABLE_HEADER_BYTES
   */
  withHeaders<F extends Pick<RunFields, 'config'>>(fields: F, headers: IncomingHttpHeaders): F {
    const picked = this.graphs.config.http.configurableHeaders.pick(headers);
    const names = Object.keys(picked);
    if (names.length === 0) return fields;
    const bytes = Buffer.byteLength(Object.entries(picked).flat().join(''));
    const most = this.settings.MAX_CONFIGURABLE_HEADER_BYTES;
    if (bytes > most) {
      const message = `the headers that are copied into config.configurable may have ${most} bytes together ` +
        `(MAX_CONFIGURABLE_HEADER_BYTES), and have ${bytes}: ${names.join(', ').slice(0, MAX_NAMES_LENGTH)}`;
      throw new LimitExceededError('config', message);
    }
    const configurable = { ...picked, ...(fields.config?.configurable as object | null | undefined) };
    return { ...fields, config: { ...fields.config, configurable } };
  }

  /** @throws ProtocolError `no_such_checkpoint` when the run names one that the thread does not have */
  async assertCheckpoint(threadId: string, { config }: Pick<RunKwargs, 'config'>): Promise<void> {
    const { checkpoint_id: checkpointId } = (config.configurable ?? {}) as { checkpoint_id?: string | null };
    if (checkpointId) await this.checkpoints.assert(threadId, checkpointId);
  }

  private async named(id: string, caller: Caller): Promise<AssistantRow> {
    const assistant = await this.assistants.forRun(id, caller);
    if (assistant === null || !this.graphs.has(assistant.graphId)) {
      throw new UnknownAssistantError(id, this.graphs.ids(), assistant?.graphId);
    }
    this.availability.assertGraph(assistant.graphId);
    return assistant;
  }
}

/** A run of new input, or of the changes in a command. */
export function runRequest({ assistantId, graphId }: RunTarget, fields: RunFields, call: GraphCall): RunRequest {
  const command = changesOf(fields);
  return {
    assistantId,
    graphId,
    ...queued(fields),
    kwargs: {
      input: fields.input ?? null,
      ...kwargsOf(fields),
      ...(Object.keys(command).length > 0 ? { command } : {}),
      call,
    },
  };
}

/** A run that answers interrupts; what it does not say for itself it has from the run that asked. */
export function answerRequest(
  answers: AnswerRequest['answers'],
  fields: Omit<RunFields, 'assistant_id' | 'input'>,
  own: { readonly call?: GraphCall; readonly target?: RunTarget } = {},
): AnswerRequest {
  return {
    answers,
    strict: fields.strict_resume ?? false,
    ...queued(fields),
    target: own.target ?? null,
    kwargs: { ...kwargsOf(fields), command: changesOf(fields), ...(own.call === undefined ? {} : { call: own.call }) },
  };
}

function queued({
  metadata,
  multitask_strategy: strategy,
  multitaskStrategy,
}: RunSettings): Pick<RunRequest, 'metadata' | 'multitaskStrategy'> {
  return { metadata: metadata ?? {}, multitaskStrategy: strategy ?? multitaskStrategy ?? 'enqueue' };
}

function kwargsOf(fields: RunFields): Omit<RunKwargs, 'input' | 'command'> {
  const given = {
    context: fields.context,
    interruptBefore: fields.interrupt_before,
    interruptAfter: fields.interrupt_after,
    webhook: fields.webhook,
    durability: fields.durability ?? durabilityOf(fields.checkpoint_during),
  };
  return { config: configOf(fields), ...(withoutNothing(given) as Partial<RunKwargs>) };
}

/** What the config says itself counts before what stands beside it. */
function configOf({
  config,
  recursion_limit: limit,
  checkpoint_id: own,
  checkpoint,
}: RunFields): Record<string, unknown> {
  const {
    configurable,
    recursion_limit: ownLimit,
    tags,
    metadata,
    ...rest
  } = (config ?? {}) as Record<string, unknown>;
  const checkpointId = own ?? (checkpoint?.checkpoint_id as string | null | undefined);
  return {
    ...rest,
    ...withoutNothing({
      recursion_limit: ownLimit ?? limit,
      tags,
      metadata,
      configurable:
        checkpointId == null
          ? configurable
          : atCheckpoint(checkpointId, (configurable ?? {}) as Record<string, unknown>),
    }),
  };
}

function atCheckpoint(checkpointId: string, configurable: Record<string, unknown>): Record<string, unknown> {
  return configurable.checkpoint_id == null ? { ...configurable, checkpoint_id: checkpointId } : configurable;
}

/** `checkpoint_during` is the older way to say it. */
function durabilityOf(during: boolean | null | undefined): RunKwargs['durability'] {
  if (during == null) return undefined;
  return during ? 'async' : 'exit';
}

function changesOf({ command }: RunFields): RunCommand {
  return withoutNothing({ update: command?.update, goto: command?.goto });
}

/** Null and undefined count as absent. */
function withoutNothing<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  ) as Partial<T>;
}
