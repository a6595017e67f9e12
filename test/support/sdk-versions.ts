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
  messagesProjection: typeof pinnedStream.messagesProjection;
  toolCallsProjection: typeof pinnedStream.toolCallsProjection;
}

const versionOf = (name: string): string =>
  (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;

function release(
  name: string,
  { Client }: { Client: unknown },
  stream: Record<keyof Omit<Sdk, 'version' | 'Client'>, unknown>,
): unknown {
  const { StreamController, messagesProjection, toolCallsProjection } = stream;
  return { version: versionOf(name), Client, StreamController, messagesProjection, toolCallsProjection };
}

export const SDK_VERSIONS = [
  release('@langchain/langgraph-sdk', pinnedClient, pinnedStream),
  release('langgraph-sdk-1-15', currentClient, currentStream),
] as Sdk[];
