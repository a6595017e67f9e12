import { GraphConfigError } from '../graph-errors.js';
import { unservedHttpKeys } from './http-config.js';

/** What langgraph.json says that has no effect on this server; `level` is the one to log it with. */
export interface ConfigNotice {
  level: 'info' | 'warn';
  message: string;
}

const SERVED = ['$schema', 'graphs', 'env', 'http', 'checkpointer', 'store'];
/** What of a section is served. */
const SERVED_SECTIONS: Readonly<Record<string, readonly string[]>> = {
  checkpointer: ['ttl'],
  store: ['ttl', 'index'],
};
const ENTRY_KEYS = ['path', 'description'];

/** For the tools that build and run images; a server that is running needs none of them. */
const FOR_IMAGES = [
  'node_version',
  'python_version',
  'dependencies',
  'dockerfile_lines',
  'docker_compose_file',
  'base_image',
  'image_distro',
  'pip_config_file',
  'pip_installer',
  'keep_pkg_tools',
  'api_version',
  '_INTERNAL_docker_tag',
];

/** Known keys whose effect a user would miss. */
const NOT_SERVED = ['ui', 'ui_config', 'webhooks', 'encryption', 'node_loader'];

/**
 * Looks at every key of a langgraph.json, so that none is ignored in silence.
 * @returns one notice for each kind of key without effect
 * @throws GraphConfigError for `auth`: a server that left it out would let everybody in
 */
export function checkConfigKeys(configPath: string, config: Record<string, unknown>): ConfigNotice[] {
  const keys = Object.keys(config);
  if (config.auth !== undefined && config.auth !== null) {
    const reason = '"auth" is not served yet, and without it everybody would be let in. ' +
      'Remove it, and name who may call in AUTH_API_KEYS=identity:key';
    throw new GraphConfigError({ configPath, reason });
  }
  // tsx is what loads TypeScript here; asking for it changes nothing.
  const notServed = keys.filter((key) => NOT_SERVED.includes(key) && !(key === 'node_loader' && config[key] === 'tsx'));
  const unknown = keys.filter((key) => ![...SERVED, ...FOR_IMAGES, ...NOT_SERVED, 'auth'].includes(key));
  const forImages = keys.filter((key) => FOR_IMAGES.includes(key));
  return [
    ...noticeOf(
      'warn',
      [...notServed, ...unservedSectionKeys(config), ...unservedHttpKeys(config.http)],
      'not served yet, so without effect here',
    ),
    ...noticeOf('warn', [...unknown, ...unknownEntryKeys(config.graphs)], 'unknown, so without effect here'),
    ...noticeOf('info', forImages, 'for building images, without effect here'),
  ].map((notice) => ({ ...notice, message: `${configPath}: ${notice.message}` }));
}

function unservedSectionKeys(config: Record<string, unknown>): string[] {
  return Object.entries(SERVED_SECTIONS).flatMap(([section, served]) => {
    const value = config[section];
    if (typeof value !== 'object' || value === null) return [];
    return Object.keys(value).filter((key) => !served.includes(key)).map((key) => `${section}.${key}`);
  });
}

function unknownEntryKeys(graphs: unknown): string[] {
  if (typeof graphs !== 'object' || graphs === null) return [];
  return Object.entries(graphs as Record<string, unknown>).flatMap(([id, entry]) =>
    typeof entry === 'object' && entry !== null
      ? Object.keys(entry).filter((key) => !ENTRY_KEYS.includes(key)).map((key) => `graphs.${id}.${key}`)
      : [],
  );
}

function noticeOf(level: ConfigNotice['level'], keys: string[], what: string): ConfigNotice[] {
  return keys.length === 0 ? [] : [{ level, message: `${keys.map((key) => `"${key}"`).join(', ')}: ${what}` }];
}
