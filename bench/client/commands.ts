import http from 'node:http';

const agent = new http.Agent({ keepAlive: true, maxSockets: 100 });

/** What a run of `firehose` is asked for; see examples/firehose.ts. */
export interface FirehoseInput {
  readonly tokens: number;
  readonly delayMs?: number;
  readonly custom?: number;
  /** Text of the message that starts the run; it becomes part of the state. */
  readonly content?: string;
}

/** Starts a run of `firehose`; resolves once the server has accepted it. */
export async function startRun(
  base: string,
  thread: string,
  { content = 'go', ...input }: FirehoseInput,
): Promise<void> {
  const messages = [{ role: 'user', content }];
  const answer = await post(`${base}/threads/${thread}/commands`, {
    id: 1,
    method: 'run.start',
    params: { assistant_id: 'firehose', input: { messages, ...input } },
  });
  if (!answer.includes('"success"')) throw new Error(`run.start was refused: ${answer.slice(0, 300)}`);
}

function post(url: string, body: unknown): Promise<string> {
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (answer += part));
      response.on('end', () => resolve(answer));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(text);
  });
}
