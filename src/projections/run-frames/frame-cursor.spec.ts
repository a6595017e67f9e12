import { cursorOf, frameId, FROM_START } from './frame-cursor.js';

describe('the id of a frame', () => {
  it('names the row, and the frame within it unless it is the last', () => {
    expect([0, 1, 2].map((index) => frameId(7, index, 3))).toEqual(['7.1', '7.2', '7']);
    expect(frameId(7, 0, 1)).toBe('7');
  });

  it('is a cursor behind that frame', () => {
    expect(cursorOf('7')).toEqual({ seq: 7, frames: 0 });
    expect(cursorOf('7.2')).toEqual({ seq: 6, frames: 2 });
  });

  it('is -1, - or 0 for everything, and nothing else is one', () => {
    for (const id of ['-1', '-', '0']) expect(cursorOf(id)).toBe(FROM_START);
    for (const id of ['', 'x', '-2', '1.', '1.2.3', '9'.repeat(16)]) expect(cursorOf(id)).toBeNull();
  });
});
