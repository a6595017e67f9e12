/** A store of the SDK. */
interface Store<T> {
  subscribe(listener: () => void): () => void;
  getSnapshot(): T;
}

/** Resolves with the first snapshot that fits, the present one included. */
export function untilState<T>(store: Store<T>, fits: (snapshot: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const check = (): void => {
      const snapshot = store.getSnapshot();
      if (!fits(snapshot)) return;
      stop();
      resolve(snapshot);
    };
    let stop = (): void => undefined;
    stop = store.subscribe(check);
    check();
  });
}
