import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** What a package may hold: what runs, and what tells of it. */
const ALLOWED = [/^dist\/(src|migrations)\/.+\.js$/, /^(package\.json|README\.md|LICENSE|\.env\.example)$/];

/** A packed Threadlog. */
export interface Tarball {
  path: string;
  files: string[];
}

/** Packs the project as it would be published. */
export function pack(project: string, folder: string): Tarball {
  const output = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', folder], {
    cwd: project,
    encoding: 'utf8',
  });
  // What the build prints comes first.
  const [packed] = JSON.parse(output.slice(output.indexOf('[\n'))) as [{ filename: string; files: { path: string }[] }];
  return { path: join(folder, packed.filename), files: packed.files.map(({ path }) => path) };
}

/** The files that have no business in a package: tests, sources, source maps, whatever else. */
export function strayFiles({ files }: Tarball): string[] {
  return files.filter((file) => /\.spec\.|(^|\/)test\//.test(file) || !ALLOWED.some((pattern) => pattern.test(file)));
}
