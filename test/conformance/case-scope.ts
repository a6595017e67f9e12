import { ThreadClient, type Target } from './thread-client.js';

/** What all cases of one run of the kit share: the server, a way to restart it, and threads made once. */
export class Lab {
  private readonly made = new Map<string, Promise<unknown>>();

  /** @param restart ends the server and starts it on the same data; null where no command was given */
  constructor(readonly target: Target, readonly restart: (() => Promise<void>) | null) {}

  /** Makes something once for all cases that ask for it by this name. */
  once<T>(name: string, make: (scope: CaseScope) => Promise<T>): Promise<T> {
    const known = this.made.get(name) as Promise<T> | undefined;
    if (known) return known;
    const scope = new CaseScope(this);
    const making = make(scope).finally(() => scope.close());
    this.made.set(name, making);
    return making;
  }
}

/** What one case works with; its connections are closed at its end. */
export class CaseScope {
  private readonly threads: ThreadClient[] = [];

  constructor(readonly lab: Lab) {}

  /** A client of a new thread, or of the one with this id. */
  thread(id?: string): ThreadClient {
    const thread = new ThreadClient(this.lab.target, id);
    this.threads.push(thread);
    return thread;
  }

  close(): void {
    for (const thread of this.threads.splice(0)) thread.close();
  }
}
