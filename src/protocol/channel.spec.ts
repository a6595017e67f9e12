import { isSupportedChannel, SUPPORTED_CHANNELS } from '@langchain/langgraph/stream';
import { channelOf, CHANNELS, isChannelName } from './channel.js';

describe('isChannelName', () => {
  it('knows exactly the nine channels that LangGraph knows', () => {
    expect(new Set<string>(CHANNELS)).toEqual(new Set<string>(SUPPORTED_CHANNELS));
  });

  it.each([...CHANNELS, 'custom:a', 'custom:a:b', 'custom: ', 'custom:ü'])('accepts %j', (name) => {
    expect(isChannelName(name)).toBe(true);
    expect(isSupportedChannel(name)).toBe(true);
  });

  it.each(['', 'Values', 'values ', 'input.requested', 'tools:x', 'customs', '__proto__', 'constructor'])(
    'refuses %j',
    (name) => {
      expect(isChannelName(name)).toBe(false);
      expect(isSupportedChannel(name)).toBe(false);
    },
  );

  it('refuses a custom channel without a name', () => {
    expect(isChannelName('custom:')).toBe(false);
  });
});

describe('channelOf', () => {
  it.each(CHANNELS)('gives the method %s its own channel', (method) => {
    expect(channelOf(method)).toBe(method);
  });

  it.each(['input.requested', 'input.answered'])('puts %s on the channel input', (method) => {
    expect(channelOf(method)).toBe('input');
  });

  it.each(['', 'custom:a', 'inputs', 'toString'])('refuses the method %j', (method) => {
    expect(() => channelOf(method)).toThrow(RangeError);
  });
});
