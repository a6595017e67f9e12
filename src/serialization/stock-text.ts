import { DeltaSnapshot } from '@langchain/langgraph-checkpoint';
import { constructLangchain, isListed, langchainAliases } from './langchain-classes.js';
import { setOwn } from './mark.js';

type Fields = Record<string, unknown>;

/** How LangChain wraps data inside an instance that looks like its own serialisation. */
const ESCAPED = '__lc_escaped__';

/**
 * Reads what LangGraph's own serializer stored. Its text does not tell what was an instance and what was data that
 * looks like one, so only what is data itself comes back as an instance: messages, prompt values, sets and the like.
 * Anything else that looks like LangChain's serialisation stays the data that it is; nothing is loaded, and no name is
 * looked up.
 */
export function readStockText(text: string): unknown {
  return revived(JSON.parse(text), false);
}

/** @param inInstance inside an instance LangChain has escaped what is data, elsewhere nobody has */
function revived(value: unknown, inInstance: boolean): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => revived(item, inInstance));
  const fields = value as Fields;
  if (inInstance && Object.hasOwn(fields, ESCAPED) && Object.keys(fields).length === 1) return fields[ESCAPED];
  const name = fields.lc === 1 ? listedClass(fields) : null;
  if (name !== null) return instanceOf(name, fields);
  const read = revivedFields(fields, inInstance);
  return fields.lc === 2 ? builtIn(read) : read;
}

function revivedFields(fields: Fields, inInstance: boolean): Fields {
  for (const key of Object.keys(fields)) {
    const field = fields[key];
    if (typeof field === 'object' && field !== null) setOwn(fields, key, revived(field, inInstance));
  }
  return fields;
}

/** The class that the data of a LangChain instance names, if it is one that may be constructed. */
function listedClass({ type, id, kwargs }: Fields): string | null {
  if (
    type !== 'constructor' ||
    !Array.isArray(id) ||
    typeof kwargs !== 'object' ||
    kwargs === null ||
    Array.isArray(kwargs)
  )
    return null;
  const [library, module] = id as unknown[];
  const name: unknown = id.at(-1);
  if (library !== 'langchain_core' || (module !== 'messages' && module !== 'prompt_values')) return null;
  return typeof name === 'string' && isListed(name) ? name : null;
}

/** @returns the data itself when no instance can be made of it */
function instanceOf(name: string, whole: Fields): object {
  const aliases = langchainAliases(name);
  const fields: Fields = {};
  for (const [key, field] of Object.entries(whole.kwargs as Fields)) {
    const read = revived(field, true);
    if (read !== undefined)
      setOwn(fields, Object.hasOwn(aliases, key) ? (aliases[key] as string) : camelCase(key), read);
  }
  try {
    return constructLangchain(name, fields);
  } catch {
    return whole;
  }
}

/** LangChain writes the names of constructor arguments in snake case. */
function camelCase(key: string): string {
  if (!/[-_\s]/.test(key.trim())) return key.trim();
  return key
    .trim()
    .replace(/[-_\s]+/g, '_')
    .toLowerCase()
    .replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function builtIn(fields: Fields): unknown {
  const { type, id, args } = fields;
  if (type === 'undefined') return undefined;
  if (type === 'delta_snapshot' && Object.hasOwn(fields, 'value')) return new DeltaSnapshot(fields.value);
  if (type !== 'constructor' || !Array.isArray(id) || id.length !== 1 || !Array.isArray(args)) return fields;
  try {
    return constructed(id[0], args) ?? fields;
  } catch {
    return fields;
  }
}

function constructed(name: unknown, args: unknown[]): unknown {
  const [first, second] = args;
  switch (name) {
    case 'Set':
      return Array.isArray(first) ? new Set(first) : null;
    case 'Map':
      return Array.isArray(first) ? new Map(first as [unknown, unknown][]) : null;
    case 'RegExp':
      return typeof first === 'string' && typeof second === 'string' ? new RegExp(first, second) : null;
    case 'Error':
      return typeof first === 'string' ? new Error(first) : null;
    case 'Uint8Array':
      return Array.isArray(first) ? Uint8Array.from(first as number[]) : null;
    default:
      return null;
  }
}
