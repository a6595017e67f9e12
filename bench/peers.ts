import { spawnSync } from 'node:child_process';
import { inProject } from './servers/project.js';

/* Installs the servers that Threadlog is measured beside, each into a folder of its own, as their lock files say. */
const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
  cwd: inProject('bench/peers/js'),
  stdio: 'inherit',
  timeout: 300_000,
});
process.exitCode = status ?? 1;
