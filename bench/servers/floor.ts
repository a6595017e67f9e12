import { type MeasuredServer, launch } from './child-server.js';
import { PROJECT, inProject } from './project.js';

/** Starts the least that Node must do for the same wire. @param batch events per write */
export function startFloor(batch: number): Promise<MeasuredServer> {
  return launch({
    name: `floor, ${batch} per write`,
    args: ['--import', 'tsx', inProject('bench/servers/floor-server.ts'), String(batch)],
    cwd: PROJECT,
    env: {},
    address: (line) => /^ready at (\S+)$/.exec(line)?.[1] ?? null,
    cleanUp: () => undefined,
  });
}
