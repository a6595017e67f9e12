import { Module, register } from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type FileStamp, stampOf, type SupervisionMessage } from './file-stamp.js';

/** The folder of this program, which nobody changes while it runs. */
const OWN_FOLDER = fileURLToPath(new URL('..', import.meta.url));

/** Modules of CommonJS come past no loader hook; this is how Node reads each of them. */
type CommonJsPrototype = { load: (this: unknown, filename: string) => void };

/** Tells the supervisor, `threadlog dev`, which files of the user's own are imported, also those that cannot be. */
export class ImportReports {
  private constructor(private readonly port: MessagePort) {
    port.on('message', (stamp: FileStamp) => report(stamp));
    port.unref();
  }

  /** Call it before anything of the user is imported. */
  static start(): ImportReports {
    const { port1, port2 } = new MessageChannel();
    register('./import-hooks.js', import.meta.url, { data: { port: port2 }, transferList: [port2] });
    const commonJs = (Module as unknown as { prototype: CommonJsPrototype }).prototype;
    const { load } = commonJs;
    commonJs.load = function (filename) {
      report(stampOf(filename));
      return load.call(this, filename);
    };
    return new ImportReports(port1);
  }

  /** Waits until everything has been told: a server that cannot start ends right afterwards. */
  async flush(): Promise<void> {
    for (let next = receiveMessageOnPort(this.port); next; next = receiveMessageOnPort(this.port))
      report(next.message as FileStamp);
    await send({});
  }

  /** The server has started: all that it imports at start is told. */
  async ready(): Promise<void> {
    await this.flush();
    await send({ ready: true });
  }
}

function report(stamp: FileStamp): void {
  if (stamp.path.includes(`${sep}node_modules${sep}`) || stamp.path.startsWith(OWN_FOLDER)) return;
  void send({ read: [stamp] });
}

/** Resolves when it is on its way; a supervisor that is gone needs nothing. */
function send(message: SupervisionMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.send || !process.connected) return resolve();
    process.send(message, undefined, undefined, () => resolve());
  });
}
