import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'dotenv';
import { loadSettings } from './load-settings.js';
import { Settings } from './settings.js';

const text = readFileSync(fileURLToPath(new URL('../../.env.example', import.meta.url)), 'utf8');

describe('.env.example', () => {
  it('lists every setting, once, and nothing else', () => {
    const listed = [...text.matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1]);
    expect([...listed].sort()).toEqual(Object.keys(new Settings()).sort());
  });

  it('shows the defaults', () => {
    expect({ ...loadSettings(parse(text)) }).toEqual({ ...new Settings() });
  });

  it('explains each setting in the line above it', () => {
    const lines = text.split('\n');
    const unexplained = lines.filter((line, i) => /^[A-Z_]+=/.test(line) && !/^# \w.*/.test(lines[i - 1] ?? ''));
    expect(unexplained).toEqual([]);
  });
});
