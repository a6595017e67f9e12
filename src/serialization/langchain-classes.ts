import {
  AIMessage, AIMessageChunk, ChatMessage, ChatMessageChunk, FunctionMessage, FunctionMessageChunk, HumanMessage,
  HumanMessageChunk, RemoveMessage, SystemMessage, SystemMessageChunk, ToolMessage, ToolMessageChunk,
} from '@langchain/core/messages';
import { ChatPromptValue, ImagePromptValue, StringPromptValue } from '@langchain/core/prompt_values';
import { setOwn } from './mark.js';

type Fields = Record<string, unknown>;
type DataClass = new (fields: never) => object;

/**
 * Classes of LangChain that come back as instances: data without effects. Nothing else is ever constructed from stored
 * text.
 */
const CLASSES: Readonly<Record<string, DataClass>> = {
  AIMessage, AIMessageChunk, ChatMessage, ChatMessageChunk, FunctionMessage, FunctionMessageChunk, HumanMessage,
  HumanMessageChunk, RemoveMessage, SystemMessage, SystemMessageChunk, ToolMessage, ToolMessageChunk,
  ChatPromptValue, ImagePromptValue, StringPromptValue,
};
const BY_TYPE: Readonly<Record<string, string>> = {
  ai: 'AIMessage', human: 'HumanMessage', system: 'SystemMessage', tool: 'ToolMessage', function: 'FunctionMessage',
  generic: 'ChatMessage', remove: 'RemoveMessage',
};
/** Fields that an instance may have been given after its construction. */
const INSTANCE_FIELDS = [
  'content',
  'id',
  'name',
  'role',
  'tool_calls',
  'invalid_tool_calls',
  'tool_call_chunks',
  'usage_metadata',
  'tool_call_id',
  'status',
  'artifact',
  'metadata',
  'additional_kwargs',
  'response_metadata',
];

/** By prototype: the name in the table, or null. */
const named = new WeakMap<object, string | null>();

interface LangchainInstance {
  lc_namespace: readonly string[];
  lc_kwargs: Fields;
  getType?(): string;
}

/**
 * The name under which an instance of a LangChain class is stored, or null for anything else. Told by structure, since
 * a graph may run on another copy of LangChain, and only for what has a prototype of its own, which no JSON gives. A
 * subclass of a user counts as the class it extends.
 */
export function langchainClassOf(value: object, prototype: object): string | null {
  if (!isLangchainData(value)) return null;
  let name = named.get(prototype);
  if (name === undefined) {
    name = listedName(prototype) ?? BY_TYPE[value.getType?.() ?? ''] ?? null;
    named.set(prototype, name);
  }
  return name;
}

/** What an instance is made of, as its constructor takes it: what it was given, as it is now. */
export function langchainFields(value: object): Fields {
  const instance = value as Fields;
  const given = (value as LangchainInstance).lc_kwargs;
  const fields: Fields = {};
  for (const key of INSTANCE_FIELDS) {
    const now = instance[key];
    if (now !== undefined && Object.hasOwn(instance, key)) fields[key] = now;
  }
  for (const key of Object.keys(given)) {
    // `contentBlocks` is `content` under another name.
    if (Object.hasOwn(fields, key) || key === 'contentBlocks') continue;
    const now = Object.hasOwn(instance, key) ? instance[key] : given[key];
    if (now !== undefined) setOwn(fields, key, now);
  }
  return fields;
}

/** Whether stored text may name this class. */
export function isListed(name: string): boolean {
  return Object.hasOwn(CLASSES, name);
}

/**
 * Constructs a listed class from fields that are its own from then on.
 * @throws what its constructor throws at fields that do not fit
 */
export function constructLangchain(name: string, fields: Fields): object {
  const Listed = CLASSES[name] as new (fields: unknown) => object;
  if (!name.startsWith('AI')) return new Listed(name === 'StringPromptValue' ? fields.value : fields);
  const { tool_calls, invalid_tool_calls, tool_call_chunks } = fields;
  const instance = new Listed(fields) as Fields;
  // The constructors of model messages add to these, or leave them out.
  if (tool_calls !== undefined) instance.tool_calls = tool_calls;
  if (invalid_tool_calls !== undefined) instance.invalid_tool_calls = invalid_tool_calls;
  if (tool_call_chunks !== undefined) instance.tool_call_chunks = tool_call_chunks;
  return instance;
}

/** Names of constructor arguments that LangChain stores under another name, by stored name. */
export function langchainAliases(name: string): Record<string, string> {
  const aliases: Record<string, string> = {};
  for (
    let one: object = CLASSES[name] as DataClass;
    typeof one === 'function' && one.prototype;
    one = Object.getPrototypeOf(one) as object
  ) {
    const own = Reflect.get(one.prototype as object, 'lc_aliases') as Record<string, string> | undefined;
    for (const [argument, stored] of Object.entries(own ?? {})) aliases[stored] = argument;
  }
  return aliases;
}

function isLangchainData(value: object): value is LangchainInstance {
  const { lc_namespace: namespace, lc_kwargs: kwargs } = value as Partial<LangchainInstance>;
  if (!Array.isArray(namespace) || typeof kwargs !== 'object' || kwargs === null) return false;
  return namespace[0] === 'langchain_core' && (namespace[1] === 'messages' || namespace[1] === 'prompt_values');
}

/** The first class in the chain of prototypes that is in the table, by LangChain's own name or by the class's. */
function listedName(prototype: object): string | null {
  for (let one: object | null = prototype; one !== null; one = Object.getPrototypeOf(one) as object | null) {
    const { constructor: made } = one as { constructor?: { name?: string; lc_name?: () => string } };
    for (const name of [made?.lc_name?.(), made?.name]) if (name !== undefined && isListed(name)) return name;
  }
  return null;
}
