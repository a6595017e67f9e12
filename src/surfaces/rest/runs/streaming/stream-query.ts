import { UnprocessableEntityException } from '@nestjs/common';
import { validationIssue } from '../../../../protocol/validation-issue.js';
import { streamModeField, streamModes } from '../run-body.js';
import type { StreamRunQuery } from '../thread-runs.dto.js';
import type { RunView } from './run-streams.js';

/** Whether a flag of a query is on. */
export function isSet(flag: string | undefined): boolean {
  return flag === '1' || flag === 'true';
}

/** What a reader of a run that is there asks for. @throws UnprocessableEntityException for a mode that there is not */
export function joinView(query: StreamRunQuery, lastEventId: string | undefined): RunView {
  const { stream_mode: modes, namespace, cancel_on_disconnect: cancels, checkpoint_id: afterCheckpoint } = query;
  return {
    ...(modes && modes.length > 0 ? { modes: readModes(modes) } : {}),
    ...(namespace ? { namespaces: namespace.map((text) => (text === '' ? [] : text.split('|'))) } : {}),
    lastEventId: lastEventId ?? null,
    ...(afterCheckpoint ? { afterCheckpoint } : {}),
    cancelsOnDisconnect: isSet(cancels),
  };
}

function readModes(given: string[]): RunView['modes'] {
  const read = streamModeField.safeParse(given);
  if (read.success) return streamModes(read.data);
  const message = `stream_mode ${read.error.issues[0]?.message}`;
  throw new UnprocessableEntityException({ detail: [validationIssue(['query', 'stream_mode'], message, 'enum')] });
}
