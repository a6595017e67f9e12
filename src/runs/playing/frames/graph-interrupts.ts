import { FRAME_METHOD } from '../../../protocol/stream-mode.js';
import { fieldsOf } from '../../../protocol/fields-of.js';
import type { NativeEvent } from '../../recording/native-event.js';
import type { FrameWriter } from './frame-writer.js';

/** Writes down with what a graph stopped, where and as often as LangGraph tells it; with nothing at a breakpoint. */
export function noteInterrupt({ method, params }: NativeEvent, write: FrameWriter): void {
  if (method !== 'values' && method !== 'updates') return;
  const data = fieldsOf(params.data);
  const interrupts = method === 'values' ? data.__interrupt__ : data.node === '__interrupt__' ? data.values : undefined;
  if (interrupts === undefined) return;
  const list = Array.isArray(interrupts) ? (interrupts as unknown[]) : [];
  write(FRAME_METHOD.interrupt, params.namespace, { mode: method, interrupts: list });
}
