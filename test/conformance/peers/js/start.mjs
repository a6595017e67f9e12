/** Serves the graphs copied to .threadlog/ with the stock JavaScript server; PORT says where. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startServer } from '@langchain/langgraph-api/server';

const cwd = fileURLToPath(new URL('.threadlog', import.meta.url));
const { graphs } = JSON.parse(await readFile(`${cwd}/langgraph.json`, 'utf8'));
const { host, cleanup } = await startServer({
  port: Number(process.env.PORT),
  host: '127.0.0.1',
  nWorkers: 20,
  cwd,
  graphs,
});
console.log(`ready at ${host}`);
process.once('SIGTERM', () => void cleanup().finally(() => process.exit(0)));
