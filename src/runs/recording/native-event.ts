/** An event as `graph.streamEvents(..., {version: "v3"})` gives it. */
export interface NativeEvent {
  readonly method: string;
  readonly params: {
    readonly namespace: readonly string[];
    readonly node?: string;
    readonly data: unknown;
  };
}
