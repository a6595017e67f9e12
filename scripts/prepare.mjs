/**
 * npm runs this after `npm install` in a clone, so that the two commands of the README need no third, and before it
 * packs or publishes. It builds when it can: an installation without the development dependencies
 * (`npm install --omit=dev`) has no compiler, and whoever asks for one brings a build along.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const isThere = (path) => existsSync(new URL(`../${path}`, import.meta.url));
const packs = ['pack', 'publish'].includes(process.env.npm_command ?? '');

if (isThere('node_modules/@nestjs/cli/package.json') && isThere('node_modules/typescript/package.json')) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: project,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  process.exitCode = status ?? 1;
} else if (packs || !isThere('dist/src/main.js')) {
  console.error(
    'not built: the development dependencies are not installed. `npm install && npm run build` builds dist/.',
  );
  if (packs) process.exitCode = 1;
}
