import { z } from 'zod';
import { ConfigurableHeaders } from '../configurable-headers.js';
import { GraphConfigError } from '../graph-errors.js';

/** Groups of routes that `http.disable_<group>` switches off. */
export const ROUTE_GROUPS = ['assistants', 'threads', 'runs', 'store', 'crons', 'meta'] as const;
export type RouteGroup = (typeof ROUTE_GROUPS)[number];

/** What pages of other origins may do beside what the settings allow; null leaves it to the server. */
export interface CorsConfig {
  readonly origins: readonly string[];
  /** The whole origin has to match. */
  readonly originPattern: RegExp | null;
  readonly methods: readonly string[] | null;
  readonly headers: readonly string[] | null;
  readonly exposedHeaders: readonly string[];
  readonly allowsCredentials: boolean;
  /** Seconds. */
  readonly maxAge: number | null;
}

/** The section `http` of a langgraph.json. */
export interface HttpConfig {
  readonly cors: CorsConfig | null;
  readonly disabled: ReadonlySet<RouteGroup>;
  readonly configurableHeaders: ConfigurableHeaders;
}

/** A langgraph.json that says nothing of HTTP. */
export const PLAIN_HTTP: HttpConfig = {
  cors: null, disabled: new Set(), configurableHeaders: new ConfigurableHeaders(),
};

const names = z.array(z.string().min(1));
const flags = Object.fromEntries(ROUTE_GROUPS.map((group) => [`disable_${group}`, z.boolean().optional()]));
const schema = z.looseObject({
  ...flags,
  configurable_headers: z
    .looseObject({
      includes: names.nullish(),
      excludes: names.nullish(),
      /** The spelling of older files; the others count. */
      include: names.nullish(),
      exclude: names.nullish(),
    })
    .nullish(),
  cors: z
    .looseObject({
      allow_origins: names.optional(),
      allow_origin_regex: z.string().min(1).optional(),
      allow_methods: names.optional(),
      allow_headers: names.optional(),
      expose_headers: names.optional(),
      allow_credentials: z.boolean().optional(),
      max_age: z.int().min(0).optional(),
    })
    .optional(),
});

const CORS_KEYS = [
  'allow_origins', 'allow_origin_regex', 'allow_methods', 'allow_headers', 'expose_headers', 'allow_credentials',
  'max_age',
];
const SECTION_KEYS: Readonly<Record<string, readonly string[]>> = {
  cors: CORS_KEYS,
  configurable_headers: ['includes', 'excludes', 'include', 'exclude'],
};
/** What is not there cannot be switched off: these are kept by themselves. */
const NOTHING_TO_DISABLE = ['disable_mcp', 'disable_a2a', 'disable_ui'];

/** @throws GraphConfigError naming the key that is wrong, and what it has to be */
export function readHttpConfig(configPath: string, raw: unknown): HttpConfig {
  if (raw === undefined || raw === null) return PLAIN_HTTP;
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = ['http', ...(issue?.path ?? [])].map(String).join('.');
    throw new GraphConfigError({ configPath, reason: `"${key}": ${issue?.message ?? 'is not valid'}` });
  }
  const {
    cors,
    configurable_headers: copied,
    ...given
  } = parsed.data as z.infer<typeof schema> & Record<string, unknown>;
  const disabled = ROUTE_GROUPS.filter((group) => given[`disable_${group}`] === true);
  const configurableHeaders = new ConfigurableHeaders(
    copied?.includes ?? copied?.include ?? undefined,
    copied?.excludes ?? copied?.exclude ?? undefined,
  );
  return { cors: cors ? readCors(configPath, cors) : null, disabled: new Set(disabled), configurableHeaders };
}

/** Keys of the section that have no effect here, by their path. */
export function unservedHttpKeys(raw: unknown): string[] {
  if (typeof raw !== 'object' || raw === null) return [];
  const sections = raw as Record<string, unknown>;
  const served = [
    ...Object.keys(SECTION_KEYS),
    ...NOTHING_TO_DISABLE,
    ...ROUTE_GROUPS.map((group) => `disable_${group}`),
  ];
  const own = Object.keys(raw).filter((key) => !served.includes(key)).map((key) => `http.${key}`);
  const ofSections = Object.entries(SECTION_KEYS).flatMap(([section, known]) => {
    const value = sections[section];
    const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
    return keys.filter((key) => !known.includes(key)).map((key) => `http.${section}.${key}`);
  });
  return [...own, ...ofSections];
}

function readCors(configPath: string, cors: NonNullable<z.infer<typeof schema>['cors']>): CorsConfig {
  return {
    origins: cors.allow_origins ?? [],
    originPattern: cors.allow_origin_regex === undefined ? null : pattern(configPath, cors.allow_origin_regex),
    methods: cors.allow_methods ?? null,
    headers: cors.allow_headers ?? null,
    exposedHeaders: cors.expose_headers ?? [],
    allowsCredentials: cors.allow_credentials ?? false,
    maxAge: cors.max_age ?? null,
  };
}

function pattern(configPath: string, source: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`);
  } catch (cause) {
    const reason = `"http.cors.allow_origin_regex": ${(cause as Error).message}`;
    throw new GraphConfigError({ configPath, reason, cause });
  }
}
