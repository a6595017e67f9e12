/** Holds a graph of a test where the test wants it: the graph waits in `pass`, the test waits for `reached`. */
export class Gate {
  private arrive!: () => void;
  private letThrough!: () => void;
  /** Resolves when a graph first waits at the gate. */
  readonly reached = new Promise<void>((resolve) => (this.arrive = resolve));
  private readonly opened = new Promise<void>((resolve) => (this.letThrough = resolve));

  /** Lets everyone through, now and later. */
  open(): void {
    this.letThrough();
  }

  pass(): Promise<void> {
    this.arrive();
    return this.opened;
  }
}

const gates = new Map<string, Gate>();

/** The gate of a name; the graph and the test get the same one, since the server runs in the process of the test. */
export function gate(name: string): Gate {
  const known = gates.get(name) ?? new Gate();
  gates.set(name, known);
  return known;
}
