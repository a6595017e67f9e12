import type { EventPreview, ProjectedEvent } from './session-event.js';
import { EventIds } from './session-ids.js';
import { projectChildLifecycle } from './project-children.js';
import { projectInbound } from './project-inbound.js';
import { projectInput } from './project-input.js';
import { projectRootLifecycle } from './project-lifecycle.js';
import { projectMessage } from './project-messages.js';
import { projectTool } from './project-tools.js';
import { ProjectionContext, type RunLookup } from './projection-context.js';
import { ProjectionState } from './projection-state.js';
import { ROW_KIND } from '../../../storage/log/event-draft.js';
import type { LogRow } from '../../../projections/log-row.js';

/** What one row gives. */
export interface Projection {
  readonly events: readonly ProjectedEvent[];
  readonly previews: readonly EventPreview[];
}

/**
 * Folds the rows of one thread, in seq order from the first that is kept, into the events of its session. The same rows
 * give the same events under the same ids, however often they are read (docs/sessions.md, Ids).
 */
export class SessionProjector {
  readonly ids: EventIds;

  /** @param state that of a thread without rows, or as an earlier projection left it */
  constructor(readonly state: ProjectionState, private readonly lookup: RunLookup) {
    this.ids = new EventIds(state.threadId);
  }

  project(row: LogRow): Projection {
    const context = new ProjectionContext(row, this.state, this.lookup, this.ids);
    if (row.kind === ROW_KIND.session) projectInbound(context);
    else if (row.method === 'lifecycle')
      (row.namespace.length === 0 ? projectRootLifecycle : projectChildLifecycle)(context);
    else if (row.method === 'messages') projectMessage(context);
    else if (row.method === 'tools') projectTool(context);
    else projectInput(context);
    return { events: context.events, previews: context.previews };
  }
}
