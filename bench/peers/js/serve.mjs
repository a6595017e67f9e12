// Starts the stock JS server with the options in the last argument; says where it listens.
import process from 'node:process';
import { startServer } from '@langchain/langgraph-api/server';

const { host } = await startServer(JSON.parse(process.argv.at(-1)));
console.log(`ready at http://${host}`);
