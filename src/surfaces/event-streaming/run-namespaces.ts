import { Injectable } from '@nestjs/common';
import { EventLog } from '../../event-log/event-log.js';
import { EventReader } from '../../storage/log/event-reader.js';
import { ProtocolError } from '../../protocol/protocol-error.js';

/** A namespace of a run and the last word on it. */
export interface NamespaceStatus {
  readonly namespace: readonly string[];
  readonly status: string;
}

/** What the log says of the namespaces of a run, for a client that comes back. */
@Injectable()
export class RunNamespaces {
  constructor(private readonly log: EventLog, private readonly reader: EventReader) {}

  /**
   * @param runId null for none: nothing is told
   * @throws ProtocolError `no_such_run` for a run that this thread has no event of
   */
  async of(threadId: string, runId: string | null): Promise<NamespaceStatus[]> {
    if (runId === null) return [];
    const head = this.log.head(threadId);
    const rows = head ? await this.reader.lifecycleOf(head.threadKey, runId) : [];
    if (rows.length === 0)
      throw new ProtocolError('no_such_run', `Thread ${threadId} has no events of a run ${runId}.`);
    const byNamespace = new Map(rows.map(({ namespace, data }) => [
      JSON.stringify(namespace), { namespace, status: data.event },
    ]));
    return [...byNamespace.values()];
  }
}
