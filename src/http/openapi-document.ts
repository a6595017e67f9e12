import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { VALIDATION_SCHEMAS } from '../protocol/validation-issue.js';
import { serverVersion } from '../health/server-version.js';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

const TAGS: [name: string, description: string][] = [
  ['Event Streaming', 'Agent Protocol v2 thread event streaming and commands.'],
  ['Assistants', 'Graphs under names, with configs of their own.'],
  ['Threads', 'Accumulated state of the runs of a thread.'],
  ['Thread Runs', 'Runs of a graph on a thread.'],
  ['Stateless Runs', 'Runs of a graph without a thread.'],
  ['Store', 'The long-term store that graphs get.'],
  ['Crons', 'Runs at given times.'],
  ['Executions', 'Runs as trees of named threads, for EventSource.'],
  [
    'Sessions',
    'The session API: threads as sessions, runs as turns. All of its routes are served under `/anthropic/v1` and ' +
      '`/api/v1/cloud` as well, in the modes of docs/sessions.md.',
  ],
  ['Session Events', 'What happens in a session, as pages and as a stream.'],
  ['Session Threads', 'The threads of a session: its own, and those of subagents.'],
  ['Agents', 'Graphs as agents.'],
  ['Environments', 'Names for where sessions run.'],
  ['Health', 'Health checks and service information.'],
];

/**
 * The OpenAPI 3.1 document of the routes that `app` serves, the same text for the same code: paths and schemas are
 * sorted.
 */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Threadlog')
    .setDescription('A durable Agent Protocol v2 server for LangGraph.js: one persisted, ordered event log per thread.')
    .setVersion(serverVersion());
  for (const [name, description] of TAGS) builder.addTag(name, description);
  const document = SwaggerModule.createDocument(app, builder.build(), { operationIdFactory });
  const schemas = { ...titled(document.components?.schemas ?? {}), ...(VALIDATION_SCHEMAS as Schemas) };
  return {
    ...document,
    paths: sortedKeys(described(document.paths)),
    components: { ...document.components, schemas: sortedKeys(schemas) },
  };
}

/** Other prefixes of the session API: the same operations, in another mode. */
const COPIES = ['/anthropic/', '/api/v1/cloud/'];

/** Routes that are mounted more than once are described once, under their plain prefix; the tag says so. */
function described(paths: OpenAPIObject['paths']): OpenAPIObject['paths'] {
  return Object.fromEntries(
    Object.entries(paths).filter(([path]) => !COPIES.some((prefix) => path.startsWith(prefix))),
  );
}

/** The handler's name in snake case: `streamThreadEvents` is `stream_thread_events`. */
function operationIdFactory(_controller: string, handler: string): string {
  return handler.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Each schema under its own name as title, as generators of client code like it. */
function titled(schemas: Schemas): Schemas {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, { title: name, ...schema }]));
}

function sortedKeys<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
