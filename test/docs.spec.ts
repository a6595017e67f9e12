import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Settings } from '../src/config/settings.js';
import { CHANNELS, channelOf } from '../src/protocol/channel.js';
import { plainEventId, rootLifecycleEventId } from '../src/protocol/envelope.js';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const ROOT_DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'];
const DOCUMENTS = [
  ...ROOT_DOCUMENTS,
  ...readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

const read = (path: string): string => readFileSync(join(PROJECT, path), 'utf8');
const contract = read('docs/event-stream.md');

/** All first groups of a pattern, without repetitions. */
function found(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, group]) => group as string))];
}

/** Headings, below the title. */
function headings(text: string): string[] {
  return found(text.replaceAll(/^```.*?^```/gms, ''), /^##+ (.+)$/gm);
}

/** The anchor that a heading gets. */
function anchor(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^a-z0-9 _-]/g, '').replaceAll(' ', '-');
}

function sources(): string[] {
  return ['src', 'migrations'].flatMap((folder) =>
    readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
      .map((name) => join(folder, name)),
  );
}

describe('README.md', () => {
  it('is read in a few minutes', () => {
    expect(read('README.md').split('\n').length).toBeLessThan(120);
  });
});

describe.each(DOCUMENTS)('%s', (path) => {
  const text = read(path);

  it('names only files and folders that exist', () => {
    const named = found(text, /`((?:src|test|docs|examples|migrations|bench)\/[\w./-]*)`/g);
    expect(named.filter((name) => !existsSync(join(PROJECT, name)))).toEqual([]);
  });

  it('links only to files that exist, and to headings that they have', () => {
    const links = found(text, /\]\(([^)\s]+)\)/g).filter((link) => !link.startsWith('http'));
    const broken = links.filter((link) => {
      const [file = '', heading] = link.split('#');
      const target = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(PROJECT, target))) return true;
      return heading !== undefined && !headings(read(target)).map(anchor).includes(heading);
    });
    expect(broken).toEqual([]);
  });

  it('names only settings that exist', () => {
    const known = Object.keys(new Settings());
    const named = found(text, /`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|PORT|HOST|DURABILITY)(?:=[^`]*)?`/g);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe('docs/event-stream.md', () => {
  it.each([...CHANNELS])('has a section for the channel %s', (channel) => {
    expect(headings(contract)).toContain(channel);
  });

  it('has a section for every command that the server knows', () => {
    const commands = sources()
      .filter((path) => path.startsWith('src/surfaces/commands/'))
      .flatMap((path) => found(read(path), /^ {2}(?:readonly method = )?'([a-z]+\.\w+)'[;,]$/gm));
    expect(commands.length).toBeGreaterThan(0);
    expect(commands.filter((command) => !headings(contract).includes(command))).toEqual([]);
  });

  it('names every error code', () => {
    const codes = found(read('src/protocol/protocol-error.ts'), /\| '(\w+)'/g);
    expect(codes.length).toBeGreaterThan(0);
    expect(codes.filter((code) => !contract.includes(`\`${code}\``))).toEqual([]);
  });

  it('shows events as the server makes them', () => {
    const shown = [...contract.matchAll(/^(?:data: )?(\{"type":"event".*)$/gm)].map(
      ([, line]) => JSON.parse(line as string) as ShownEvent,
    );
    for (const { event_id: eventId, seq, method, params } of shown) {
      expect(CHANNELS).toContain(channelOf(method));
      const runId = /^synth:([^:]+):/.exec(eventId)?.[1];
      const isRootLifecycle = method === 'lifecycle' && params.namespace.length === 0;
      expect(runId !== undefined).toBe(isRootLifecycle);
      expect(eventId).toBe(
        runId === undefined ? plainEventId(params.timestamp, seq) : rootLifecycleEventId(runId, seq),
      );
    }
    const methods = new Set(shown.map(({ method }) => channelOf(method)));
    expect([...methods].sort()).toEqual([...CHANNELS].sort());
  });

  it('has only examples that are JSON', () => {
    const lines = [...contract.matchAll(/^```json\n(.*?)^```/gms)].flatMap(([, block]) =>
      (block as string).trim().split('\n'),
    );
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });
});

interface ShownEvent {
  event_id: string;
  seq: number;
  method: string;
  params: { namespace: string[]; timestamp: number };
}

describe('the map of ARCHITECTURE.md', () => {
  it('has the folders of the sources, in the order that the lint rule enforces', () => {
    const mapped = found(read('ARCHITECTURE.md'), /^\| (`src\/[^|]*) \|/gm).flatMap((cell) =>
      found(cell, /`src\/([\w/-]+)\/`/g),
    );
    const [, rows = ''] = /^const ROWS = (\[.*?^\]);/ms.exec(read('.dependency-cruiser.cjs')) ?? [];
    expect(mapped.filter((folder) => folder !== 'cli')).toEqual(found(rows, /'([\w/-]+)'/g));
    const folders = readdirSync(join(PROJECT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const rooms = new Set(mapped.map((room) => room.split('/')[0]));
    expect(folders.map(({ name }) => name).sort()).toEqual([...rooms].sort());
  });
});

describe('the sources', () => {
  it('cite only sections that the documents have', () => {
    const cited = sources().flatMap((path) =>
      [...read(path).matchAll(/((?:docs\/[\w/-]+|[A-Z]{4,})\.md), (\w[\w ]*)/g)].map(([, file, section]) => ({
        path,
        file,
        section,
      })),
    );
    expect(cited.length).toBeGreaterThan(0);
    expect(cited.filter(({ file, section }) => !headings(read(file as string)).includes(section as string))).toEqual(
      [],
    );
  });
});
