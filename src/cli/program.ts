import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readEnvironment } from '../config/environment.js';
import { loadSettings } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';
import { serverVersion } from '../health/server-version.js';

const CONFIG_NAME = './langgraph.json';

/** The options of `start` and `dev`, as typed. */
export interface ServerFlags {
  config?: string;
  defaultConfig?: string;
  host?: string;
  port?: string;
}

/** The command line: `threadlog start`, `dev` and `migrate`. Each command loads only the code that it needs. */
export function createProgram(): Command {
  const program = new Command('threadlog')
    .description('A durable Agent Protocol v2 server for LangGraph.js. Settings are environment variables: .env.example lists them.')
    .version(serverVersion());

  withServerFlags(program.command('start').description('serve the graphs of a langgraph.json')).action(
    async (flags: ServerFlags) => {
      const settings = settingsFor(flags);
      const { serve } = await import('./serve.js');
      await serve({ config: configPath(flags) }, settings);
    },
  );
  withServerFlags(program.command('dev').description('serve, and start again whenever a file beside langgraph.json changes')).action(
    async (flags: ServerFlags) => {
      settingsFor(flags);
      const { superviseServer } = await import('./dev.js');
      await superviseServer(configPath(flags), startArguments(flags));
    },
  );
  program
    .command('migrate')
    .description('bring the database to the newest schema, and end')
    .action(async () => {
      const { migrate } = await import('./migrate.js');
      await migrate(loadSettings(readEnvironment()));
    });
  return program;
}

function withServerFlags(command: Command): Command {
  return command
    .option('--config <file>', `the langgraph.json to serve (default: ${CONFIG_NAME})`)
    .option('--host <host>', 'address to listen on (default: the setting HOST, 127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 for a free one (default: the setting PORT, 8123)', portArgument)
    .addOption(new Option('--default-config <file>', 'served when there is no --config and no langgraph.json').hideHelp());
}

/** The text of a legal port; commander names the option when this throws. */
function portArgument(text: string): string {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  return text;
}

/** The settings of the environment; an option wins over the variable of the same meaning. */
function settingsFor(flags: ServerFlags): Readonly<Settings> {
  const overrides = { ...(flags.host !== undefined && { HOST: flags.host }), ...(flags.port !== undefined && { PORT: flags.port }) };
  return loadSettings({ ...readEnvironment(), ...overrides });
}

/** The absolute path of the configuration to serve: the one asked for, the one here, or the fallback. */
export function configPath(flags: ServerFlags): string {
  if (flags.config !== undefined) return resolve(flags.config);
  const useFallback = flags.defaultConfig !== undefined && !existsSync(CONFIG_NAME);
  return resolve(useFallback && flags.defaultConfig !== undefined ? flags.defaultConfig : CONFIG_NAME);
}

/** The arguments that make `start` serve what `dev` was asked to serve. */
function startArguments(flags: ServerFlags): string[] {
  const values = { '--config': configPath(flags), '--host': flags.host, '--port': flags.port };
  return ['start', ...Object.entries(values).flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]))];
}
