/** An event as `graph.streamEvents(..., {version: "v3"})` gives it. */
export interface NativeEvent {
  readonly method: string;
  readonly params: {
    readonly namespace: readonly string[];
    readonly node?: string;
    readonly data: unknown;
  };
}

/** The native data as an object; anything else has no fields. */
export function fieldsOf(data: unknown): Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Record<string, unknown>) : {};
}
