import { jest } from '@jest/globals';
import { Settings } from '../config/settings.js';
import { OpenStreams } from './open-streams.js';

const INTERVAL = 100;

describe('OpenStreams', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const open = (): OpenStreams => new OpenStreams(Object.assign(new Settings(), { HEARTBEAT_INTERVAL_MS: INTERVAL }));
  const stream = (): { beats: number; cuts: number; heartbeat(): void; cut(): void } => ({
    beats: 0,
    cuts: 0,
    heartbeat() {
      this.beats += 1;
    },
    cut() {
      this.cuts += 1;
    },
  });

  it('beats for every open stream at the interval of the settings, on one timer', () => {
    const streams = open();
    const [first, second] = [stream(), stream()];
    streams.add(first);
    jest.advanceTimersByTime(INTERVAL);
    const forget = streams.add(second);
    expect([jest.getTimerCount(), streams.count]).toEqual([1, 2]);
    jest.advanceTimersByTime(2 * INTERVAL);
    forget();
    jest.advanceTimersByTime(INTERVAL);
    expect([first.beats, second.beats, streams.count]).toEqual([4, 2, 1]);
  });

  it('beats at an interval of its own for a stream that asks for one', () => {
    const streams = open();
    const [often, seldom] = [stream(), stream()];
    streams.add(often);
    const forget = streams.add(seldom, 3 * INTERVAL);
    jest.advanceTimersByTime(6 * INTERVAL);
    expect([often.beats, seldom.beats, streams.count]).toEqual([6, 2, 2]);
    forget();
    expect([jest.getTimerCount(), streams.count]).toEqual([1, 1]);
  });

  it('keeps no timer while no stream is open, and beats again for the next', () => {
    const streams = open();
    const forget = streams.add(stream());
    forget();
    forget();
    expect([jest.getTimerCount(), streams.count]).toEqual([0, 0]);
    const next = stream();
    streams.add(next);
    jest.advanceTimersByTime(INTERVAL);
    expect(next.beats).toBe(1);
  });

  it('cuts all streams when the server stops, and those that come later at once', () => {
    const streams = open();
    const [early, late] = [stream(), stream()];
    const forgetEarly = streams.add(early);
    streams.beforeApplicationShutdown();
    forgetEarly();
    streams.add(late)();
    expect([early.cuts, late.cuts, jest.getTimerCount()]).toEqual([1, 1, 0]);
  });
});
