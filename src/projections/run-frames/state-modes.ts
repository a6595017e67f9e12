import { FRAME_CHANNEL } from '../../storage/log/event-draft.js';
import { fieldsOf } from '../../protocol/fields-of.js';
import type { FrameRow } from './frame-row.js';
import { type ModeFrame, type ModeProjection, NOTHING } from './mode-projection.js';
import { FRAME_METHOD } from '../../protocol/stream-mode.js';

/** `values`: the full state, and what the graph stopped with. */
export class ValuesFrames implements ModeProjection {
  readonly channels = ['values', FRAME_CHANNEL];
  readonly isStateful = false;
  readonly origin = 'graph';

  project(row: FrameRow): readonly ModeFrame[] {
    if (row.method === 'values') return [{ event: 'values', data: row.dataText }];
    return interruptFrames(row, 'values');
  }
}

/** `updates`: what a node returned, by its name. */
export class UpdatesFrames implements ModeProjection {
  readonly channels = ['updates', 'tasks', FRAME_CHANNEL];
  readonly isStateful = true;
  readonly origin = 'graph';
  /** An update in the form that the protocol gives to what is no object; the result of its task tells what it was. */
  private unsure: FrameRow | null = null;

  project(row: FrameRow): readonly ModeFrame[] {
    const before = this.settle(row);
    if (row.method === 'updates') {
      if (isBoxed(row.fields.values)) {
        this.unsure = row;
        return before;
      }
      return [...before, updateFrame(row, row.fields.values)];
    }
    return row.method === FRAME_METHOD.interrupt ? [...before, ...interruptFrames(row, 'updates')] : before;
  }

  /** LangGraph tells of the result right after the update. */
  private settle(row: FrameRow): readonly ModeFrame[] {
    const { unsure } = this;
    if (!unsure) return NOTHING;
    this.unsure = null;
    const boxed = fieldsOf(unsure.fields.values);
    const isResult = row.method === 'tasks' && row.namespaceText === unsure.namespaceText;
    const isState = isResult && Object.hasOwn(fieldsOf(row.fields.result), 'value');
    return [{ ...updateFrame(unsure, isState ? boxed : boxed.value), namespace: unsure.namespace }];
  }
}

/** `{value: x}` is the state of a graph with that key, or x, which was no object. */
function isBoxed(values: unknown): boolean {
  const fields = fieldsOf(values);
  const [key, ...others] = Object.keys(fields);
  return key === 'value' && others.length === 0 && (typeof fields.value !== 'object' || fields.value === null);
}

function updateFrame({ fields }: FrameRow, values: unknown): ModeFrame {
  return { event: 'updates', data: JSON.stringify({ [String(fields.node)]: values ?? null }) };
}

function interruptFrames(row: FrameRow, mode: string): readonly ModeFrame[] {
  if (row.method !== FRAME_METHOD.interrupt || row.fields.mode !== mode) return NOTHING;
  return [{ event: mode, data: JSON.stringify({ __interrupt__: row.fields.interrupts }) }];
}
