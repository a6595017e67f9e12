import {
  DatabaseUrl,
  Flag,
  HostList,
  KeyList,
  Milliseconds,
  OneOf,
  OriginList,
  Secret,
  WholeNumber,
  Word,
} from './setting-rules.js';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const LOG_FORMATS = ['auto', 'pretty', 'json'] as const;
const DURABILITIES = ['process', 'power'] as const;
const STORE_SCOPES = ['owner', 'shared'] as const;
const TTL_STRATEGIES = ['delete', 'keep_latest'] as const;

/**
 * Every setting of the server, typed and validated: the environment variable of the same name, or the default here.
 * `load-settings.ts` says how they are read; `.env.example` lists them for the operator.
 */
export class Settings {
  /** TCP port; 0 picks a free one. */
  @WholeNumber(0, 65_535)
  PORT = 8123;
  /** Address or host name to listen on. */
  @Word()
  HOST = '127.0.0.1';
  @DatabaseUrl()
  DATABASE_URL = 'sqlite:./.threadlog/threadlog.db';
  @OneOf(LOG_LEVELS)
  LOG_LEVEL: (typeof LOG_LEVELS)[number] = 'info';
  /** `auto` is `pretty` on a terminal and `json`, one object per line, elsewhere. */
  @OneOf(LOG_FORMATS)
  LOG_FORMAT: (typeof LOG_FORMATS)[number] = 'auto';
  /** `process` survives the end of the process; `power` also survives the end of the machine (one fsync per commit). */
  @OneOf(DURABILITIES)
  DURABILITY: (typeof DURABILITIES)[number] = 'process';
  @Flag()
  EVENT_STREAMING_ENABLED = true;
  /** `identity:key,identity:key`: who may call, each an owner of what they make; empty asks nobody for a key. */
  @KeyList()
  AUTH_API_KEYS = '';
  /** `owner` gives the graphs of each identity a long-term store of their own; `shared` gives all of them one. */
  @OneOf(STORE_SCOPES)
  STORE_SCOPE: (typeof STORE_SCOPES)[number] = 'owner';
  /** Comma-separated origins whose pages may call, beside the server's own and those on loopback; `*` allows all. */
  @OriginList()
  CORS_ORIGINS = '';
  /**
   * Comma-separated names, with or without a port, that the server answers to beside its own addresses; `*` allows all.
   */
  @HostList()
  ALLOWED_HOSTS = '';

  /** Milliseconds between two `: heartbeat` comments. */
  @Milliseconds(1)
  HEARTBEAT_INTERVAL_MS = 5_000;
  /** Milliseconds between two `: heartbeat` comments of an execution's stream. */
  @Milliseconds(1)
  EXECUTION_HEARTBEAT_INTERVAL_MS = 15_000;
  /** The same on the streams of sessions. */
  @Milliseconds(1)
  SESSION_HEARTBEAT_INTERVAL_MS = 15_000;
  /** Events, sessions or agents on one page of the session API, at most. */
  @WholeNumber(1)
  MAX_SESSION_PAGE_LIMIT = 1_000;
  /** Bytes that may wait in one reader's socket before it falls back to reading the log. */
  @WholeNumber(1)
  MAX_SUBSCRIBER_BUFFER_BYTES = 262_144;
  /** Bytes that one read of the log returns at most (at least one event). */
  @WholeNumber(1)
  READ_PAGE_BYTES = 262_144;
  /** Rows that one read of the log looks at, at most. */
  @WholeNumber(1)
  READ_PAGE_ROWS = 2_000;
  /** Milliseconds after the last accepted run in which a watcher without cursor still sees its old end. */
  @Milliseconds(0)
  WATCHER_GRACE_MS = 1_000;

  @WholeNumber(1)
  MAX_CONCURRENT_RUNS = 64;
  /** Times that the process may be lost with a run, without a new checkpoint in between, before the run fails. */
  @WholeNumber(1)
  MAX_RUN_ATTEMPTS = 3;
  /** Milliseconds for which a run that may have taken the process down is watched before the next such run starts. */
  @Milliseconds(1)
  SUSPECT_WATCH_MS = 2_000;
  /** Runs that may wait on one thread. */
  @WholeNumber(1)
  MAX_QUEUED_RUNS = 1_000;
  /** Milliseconds after its end for which the thread of a stateless run is kept: a client may have lost its stream. */
  @Milliseconds(0)
  STATELESS_THREAD_GRACE_MS = 15_000;
  /** Runs that one request may ask for at most. */
  @WholeNumber(1)
  MAX_BATCH_RUNS = 100;
  /**
   * Milliseconds after which the server looks again, at the latest, whether a cron is due; a sleeping machine is why.
   */
  @Milliseconds(1)
  CRON_CHECK_MS = 60_000;
  /** Bytes of the headers of a request, names and values, that may be copied into the config of its runs. */
  @WholeNumber(0)
  MAX_CONFIGURABLE_HEADER_BYTES = 8_192;
  /** Bytes of events that may wait for a database that cannot write, over all runs. */
  @WholeNumber(1)
  MAX_PENDING_BYTES = 67_108_864;
  /**
   * Milliseconds that an event waits for its commit at most while the loop is busy; else it is committed as soon as the
   * loop turns.
   */
  @Milliseconds(0)
  MAX_COMMIT_DELAY_MS = 3;
  /** Events of commits that touched many threads that wait for their place in the table of events, about. */
  @WholeNumber(1)
  RECENT_EVENTS_MAX = 10_000;
  /** Milliseconds between two tries to write when the database cannot. */
  @Milliseconds(1)
  STORAGE_RETRY_MS = 250;
  /** Milliseconds between two looks whether the files of the data are still there and writable. */
  @Milliseconds(1)
  STORAGE_CHECK_MS = 1_000;
  /** Milliseconds that a stopped run's graph gets to notice; a node that ignores the signal is left behind. */
  @Milliseconds(0)
  ABORT_WAIT_MS = 500;
  /** Milliseconds that runs get to end after SIGTERM. */
  @Milliseconds(0)
  SHUTDOWN_GRACE_MS = 10_000;
  /** The same under `threadlog dev`, where a reload must not wait for a run. */
  @Milliseconds(0)
  DEV_GRACE_MS = 1_000;
  /** Milliseconds that a start waits for another process to let go of the database. */
  @Milliseconds(0)
  START_LOCK_WAIT_MS = 15_000;
  /**
   * Milliseconds that a statement waits for a lock of another program (a backup, a shell). The wait blocks the
   * server, so it is short; what could not be written is tried again after `STORAGE_RETRY_MS`.
   */
  @Milliseconds(0)
  SQLITE_BUSY_TIMEOUT_MS = 250;
  /** Bytes of database pages that SQLite keeps in memory. */
  @WholeNumber(0)
  SQLITE_CACHE_BYTES = 67_108_864;
  /** Pages (4 KiB each) that the write-ahead log gathers before they are copied into the database. */
  @WholeNumber(1, 1_000_000)
  SQLITE_CHECKPOINT_PAGES = 1_000;

  /** What webhooks are signed with, a text or `whsec_<base64>`; empty: they are not signed. */
  @Secret()
  WEBHOOK_SECRET = '';
  /** Whether webhooks may go to private, loopback and link-local addresses. */
  @Flag()
  WEBHOOK_ALLOW_PRIVATE_ADDRESSES = false;
  /** Milliseconds in which the receiver of a webhook must have answered. */
  @Milliseconds(1)
  WEBHOOK_TIMEOUT_MS = 10_000;
  /** Times that a webhook is sent before it is given up. */
  @WholeNumber(1)
  WEBHOOK_MAX_ATTEMPTS = 10;
  /** Milliseconds before a webhook is sent the second time; twice as long before each later time. */
  @Milliseconds(0)
  WEBHOOK_RETRY_MS = 5_000;
  /** Milliseconds between two attempts of a webhook, at most. */
  @Milliseconds(0)
  WEBHOOK_RETRY_MAX_MS = 3_600_000;
  /** Webhooks that are sent at the same time. */
  @WholeNumber(1)
  MAX_CONCURRENT_WEBHOOKS = 16;

  /** Milliseconds for which an event is kept at least; 0 keeps all. */
  @WholeNumber(0)
  RETENTION_MAX_AGE_MS = 0;
  /** Events that a thread keeps at most, unfinished runs and the snapshot aside; 0 keeps all. */
  @WholeNumber(0)
  RETENTION_MAX_EVENTS = 0;
  /** Milliseconds after which the log of a finished run is compacted; 0 never compacts. */
  @WholeNumber(0)
  COMPACT_AFTER_MS = 0;
  /** Root checkpoints that a thread keeps at most, each with those of its subgraphs; 0 keeps all. */
  @WholeNumber(0)
  CHECKPOINTS_KEPT = 0;
  /** Milliseconds for which a checkpoint is kept at least, the newest always; 0 keeps all. */
  @WholeNumber(0)
  CHECKPOINT_MAX_AGE_MS = 0;
  /**
   * Minutes after its last change that a thread without a time to live of its own lives; 0 leaves it to
   * `checkpointer.ttl` of langgraph.json, and without that it lives for ever.
   */
  @WholeNumber(0)
  THREAD_TTL_MINUTES = 0;
  /** What happens then: `delete` removes the thread, `keep_latest` all of its checkpoints but the newest. */
  @OneOf(TTL_STRATEGIES)
  THREAD_TTL_STRATEGY: (typeof TTL_STRATEGIES)[number] = 'delete';
  /** Milliseconds between two looks for what is due to be removed; nothing looks while nothing can be. */
  @Milliseconds(1)
  MAINTENANCE_INTERVAL_MS = 60_000;

  @WholeNumber(1)
  MAX_BODY_BYTES = 16_777_216;
  /**
   * Levels of arrays and objects that a request body may nest; far deeper ones overflow the stack of what walks them.
   */
  @WholeNumber(1, 1_000)
  MAX_BODY_DEPTH = 200;
  /** Levels of arrays and objects that a value of a graph's state may nest; a run that makes a deeper one fails. */
  @WholeNumber(1, 1_000)
  MAX_STATE_DEPTH = 1_000;
  /** Arrays and objects that a request body or a WebSocket's frame may have: each costs far more than its two bytes. */
  @WholeNumber(1)
  MAX_BODY_CONTAINERS = 250_000;
  /** Milliseconds in which a request must have come, its body included; an answer may take longer. */
  @Milliseconds(1)
  REQUEST_TIMEOUT_MS = 60_000;
  /** Bytes of the metadata of a thread or run, as JSON. */
  @WholeNumber(1)
  MAX_METADATA_BYTES = 262_144;
  /** Bytes of the config, the context and the description of an assistant, as JSON. */
  @WholeNumber(1)
  MAX_ASSISTANT_BYTES = 1_048_576;
  /** Things that one search answers with at most. */
  @WholeNumber(1)
  MAX_SEARCH_LIMIT = 1_000;
  /** Values of metadata that a search compares. */
  @WholeNumber(1)
  MAX_METADATA_FILTER_VALUES = 100;
  /** Bytes of the value of an interrupt, as JSON. A run whose graph asks with more fails. */
  @WholeNumber(1)
  MAX_INTERRUPT_BYTES = 4_194_304;
  @WholeNumber(1)
  MAX_FILTER_CHANNELS = 100;
  @WholeNumber(1)
  MAX_FILTER_NAMESPACES = 1_000;
  /** Segments of one namespace that a client names. */
  @WholeNumber(1)
  MAX_NAMESPACE_SEGMENTS = 100;
  /** Subscriptions that one WebSocket may hold. */
  @WholeNumber(1)
  MAX_SOCKET_SUBSCRIPTIONS = 100;
  /** Commands of one WebSocket that may wait for their answers before the server stops reading from it. */
  @WholeNumber(1)
  MAX_SOCKET_PENDING_COMMANDS = 100;
  /** Crons that one search returns at most. */
  @WholeNumber(1)
  MAX_CRON_SEARCH_LIMIT = 1_000;
  /** Checkpoints that one call of the history route returns at most. */
  @WholeNumber(1)
  MAX_HISTORY_LIMIT = 1_000;
  /** Keys of the metadata that the history route filters by. */
  @WholeNumber(1, 900)
  MAX_HISTORY_FILTER_KEYS = 100;
  /** Interrupts that one `input.respond` answers. */
  @WholeNumber(1)
  MAX_INPUT_RESPONSES = 1_000;
  /** Keys that one `state.get` names. */
  @WholeNumber(1)
  MAX_STATE_KEYS = 1_000;
  /** Supersteps that a thread is made with, and updates of one of them. */
  @WholeNumber(1)
  MAX_SUPERSTEPS = 10_000;
  /** Keys of the metadata and of the values that a search filters by. */
  @WholeNumber(1, 900)
  MAX_SEARCH_FILTER_KEYS = 100;
  /** Paths of values that one search extracts from each thread. */
  @WholeNumber(1)
  MAX_EXTRACT_PATHS = 10;
  /** Threads that a search looks at one by one, when no index decides it; one that needs more is refused. */
  @WholeNumber(1)
  MAX_THREADS_SCANNED = 10_000;
  /** Threads that are counted for `X-Pagination-Total`, which is left out when there are more. */
  @WholeNumber(0)
  MAX_THREADS_COUNTED = 1_000;

  /** Milliseconds that reading the types of a TypeScript graph may take, in a thread of its own. */
  @Milliseconds(1)
  SCHEMA_TIMEOUT_MS = 60_000;
  /** Bytes of memory that it may take. */
  @WholeNumber(67_108_864)
  SCHEMA_MEMORY_BYTES = 1_073_741_824;
}
