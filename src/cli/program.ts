import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { settingsFile, settingsOf } from '../config/settings-file.js';
import type { Settings } from '../config/settings.js';
import { serverVersion } from '../health/server-version.js';

const CONFIG_NAME = './langgraph.json';

/** The options of `start` and `dev`, as typed. */
export interface ServerFlags {
  config?: string;
  defaultConfig?: string;
  host?: string;
  port?: string;
  /** Given by `dev` to the server that it starts. */
  supervised?: boolean;
}

/** The command line: `threadlog start`, `dev` and `migrate`. Each command loads only the code that it needs. */
export function createProgram(): Command {
  const program = new Command('threadlog')
    .description(
      'A durable Agent Protocol v2 server for LangGraph.js. Settings are environment variables, or lines of .env beside langgraph.json; .env.example lists them.',
    )
    .version(serverVersion());

  withServerFlags(program.command('start').description('serve the graphs of a langgraph.json'))
    .addOption(new Option('--supervised').hideHelp())
    .action(async (flags: ServerFlags) => {
      const settings = settingsFor(flags);
      const { serve } = await import('./serve.js');
      await serve({ config: configPath(flags), supervised: flags.supervised }, settings);
    });
  withServerFlags(
    program.command('dev').description('serve, and start again whenever a file that was read changes'),
  ).action(async (flags: ServerFlags) => {
    settingsFor(flags);
    const { superviseServer } = await import('./dev.js');
    const config = configPath(flags);
    await superviseServer({
      config,
      settingsFile: settingsFile(folderOf(flags)),
      startArguments: startArguments(flags),
    });
  });
  withConfig(program.command('migrate').description('bring the database to the newest schema, and end')).action(
    async (flags: ServerFlags) => {
      const { migrate } = await import('./migrate.js');
      await migrate(settingsFor(flags));
    },
  );
  return program;
}

function withConfig(command: Command): Command {
  return command.option(
    '--config <file>',
    `the langgraph.json to serve (default: ${CONFIG_NAME}); .env and the database lie beside it`,
  );
}

function withServerFlags(command: Command): Command {
  return withConfig(command)
    .option('--host <host>', 'address to listen on (default: the setting HOST, 127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 for a free one (default: the setting PORT, 8123)', portArgument)
    .addOption(
      new Option('--default-config <file>', 'served when there is no --config and no langgraph.json').hideHelp(),
    );
}

/** The text of a legal port; commander names the option when this throws. */
function portArgument(text: string): string {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  return text;
}

/** The settings of `.env` and the environment; an option wins over the variable of the same meaning. */
function settingsFor(flags: ServerFlags): Readonly<Settings> {
  const options = {
    ...(flags.host !== undefined && { HOST: flags.host }),
    ...(flags.port !== undefined && { PORT: flags.port }),
  };
  const settings = settingsOf(folderOf(flags), options);
  return flags.supervised
    ? settingsOf(folderOf(flags), { ...options, SHUTDOWN_GRACE_MS: String(settings.DEV_GRACE_MS) })
    : settings;
}

/** Where settings and database lie: beside the langgraph.json that was asked for, else here. */
function folderOf(flags: ServerFlags): string {
  return flags.config === undefined ? resolve('.') : dirname(configPath(flags));
}

/** The absolute path of the configuration to serve: the one asked for, the one here, or the fallback. */
export function configPath(flags: ServerFlags): string {
  if (flags.config !== undefined) return resolve(flags.config);
  const useFallback = flags.defaultConfig !== undefined && !existsSync(CONFIG_NAME);
  return resolve(useFallback && flags.defaultConfig !== undefined ? flags.defaultConfig : CONFIG_NAME);
}

/** The arguments that make `start` serve what `dev` was asked to serve. */
function startArguments(flags: ServerFlags): string[] {
  const values = {
    '--config': flags.config && configPath(flags),
    '--default-config': flags.defaultConfig,
    '--host': flags.host,
    '--port': flags.port,
  };
  return [
    'start',
    '--supervised',
    ...Object.entries(values).flatMap(([flag, value]) => (value === undefined ? [] : [flag, value])),
  ];
}
