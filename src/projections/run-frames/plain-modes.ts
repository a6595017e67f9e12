import { FRAME_CHANNEL } from '../../storage/log/event-draft.js';
import { fieldsOf } from '../../protocol/fields-of.js';
import type { FrameRow } from './frame-row.js';
import { type ModeFrame, type ModeProjection, NOTHING } from './mode-projection.js';
import { FRAME_METHOD } from '../../protocol/stream-mode.js';

/** `custom`: what a node wrote, as it wrote it. */
export class CustomFrames implements ModeProjection {
  readonly channels = ['custom'];
  readonly isStateful = false;
  readonly origin = 'writer';

  project(row: FrameRow): readonly ModeFrame[] {
    if (row.method !== 'custom') return NOTHING;
    // The protocol boxes what has no name.
    const { fields } = row;
    return [{ event: 'custom', data: 'name' in fields ? row.dataText : JSON.stringify(fields.payload ?? null) }];
  }
}

/** `tasks`: the start of each task, and its result. */
export class TasksFrames implements ModeProjection {
  readonly channels = ['tasks'];
  readonly isStateful = false;
  readonly origin = 'graph';

  project(row: FrameRow): readonly ModeFrame[] {
    return row.method === 'tasks' ? [{ event: 'tasks', data: row.dataText }] : NOTHING;
  }
}

/** `tools`: the calls of tools, in the words of LangGraph's stream mode. */
export class ToolsFrames implements ModeProjection {
  readonly channels = ['tools'];
  readonly isStateful = true;
  readonly origin = 'node';
  private readonly names = new Map<unknown, unknown>();

  project(row: FrameRow): readonly ModeFrame[] {
    if (row.method !== 'tools') return NOTHING;
    const data = this.toolEvent(row.fields);
    return data ? [{ event: 'tools', data: JSON.stringify(data) }] : NOTHING;
  }

  private toolEvent({ event, tool_call_id: toolCallId, ...fields }: Record<string, unknown>): object | null {
    switch (event) {
      case 'tool-started': {
        const { tool_name: name, input } = fields;
        this.names.set(toolCallId, name);
        return {
          event: 'on_tool_start',
          toolCallId,
          name,
          input: typeof input === 'string' ? input : JSON.stringify(input),
        };
      }
      case 'tool-output-delta':
        return { event: 'on_tool_event', toolCallId, name: this.names.get(toolCallId), data: fields.delta };
      case 'tool-finished':
        return { event: 'on_tool_end', toolCallId, name: this.names.get(toolCallId), output: fields.output };
      case 'tool-error':
        return {
          event: 'on_tool_error',
          toolCallId,
          name: this.names.get(toolCallId),
          error: { message: fields.message },
        };
      default:
        return null;
    }
  }
}

/** `debug`: tasks, results and checkpoints, each with its step and time. */
export class DebugFrames implements ModeProjection {
  readonly channels = [FRAME_CHANNEL];
  readonly isStateful = false;
  readonly origin = 'graph';

  project(row: FrameRow): readonly ModeFrame[] {
    return row.method === FRAME_METHOD.debug ? [{ event: 'debug', data: row.dataText }] : NOTHING;
  }
}

/** `checkpoints`: each checkpoint with its state, its tasks and what comes next. */
export class CheckpointsFrames implements ModeProjection {
  readonly channels = [FRAME_CHANNEL];
  readonly isStateful = false;
  readonly origin = 'graph';

  project(row: FrameRow): readonly ModeFrame[] {
    if (row.method !== FRAME_METHOD.debug || row.fields.type !== 'checkpoint') return NOTHING;
    return [{ event: 'checkpoints', data: JSON.stringify(fieldsOf(row.fields.payload)) }];
  }
}

/** `events`: what LangChain's `streamEvents` v2 tells; it has no namespaces. */
export class EventsFrames implements ModeProjection {
  readonly channels = [FRAME_CHANNEL];
  readonly isStateful = false;
  readonly origin = 'writer';

  project(row: FrameRow): readonly ModeFrame[] {
    return row.method === FRAME_METHOD.event ? [{ event: 'events', data: row.dataText, namespace: [] }] : NOTHING;
  }
}
