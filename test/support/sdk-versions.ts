import { createRequire } from 'node:module';
import * as pinnedClient from '@langchain/langgraph-sdk/client';
import * as pinnedStream from '@langchain/langgraph-sdk/stream';
import * as currentClient from 'langgraph-sdk-1-15/client';
import * as currentStream from 'langgraph-sdk-1-15/stream';

export type Client = pinnedClient.Client;
export type ThreadStream = pinnedClient.ThreadStream;
export type StreamController = pinnedStream.StreamController<object>;
export type SdkEvent = Parameters<Parameters<ThreadStream['onEvent']>[0]>[0];

/** One stock release of the JavaScript SDK. The types are those of the older one. */
export interface Sdk {
  version: string;
  Client: typeof pinnedClient.Client;
  StreamController: typeof pinnedStream.StreamController;
}

const versionOf = (name: string): string => (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;

export const SDK_VERSIONS = [
  { version: versionOf('@langchain/langgraph-sdk'), Client: pinnedClient.Client, StreamController: pinnedStream.StreamController },
  { version: versionOf('langgraph-sdk-1-15'), Client: currentClient.Client, StreamController: currentStream.StreamController },
] as unknown as Sdk[];
