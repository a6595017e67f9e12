import { validateSync } from 'class-validator';
import { Settings } from './settings.js';
import { nearestSetting } from './unknown-setting.js';

/** Settings whose text no message may show. */
const SECRETS: ReadonlySet<string> = new Set(['AUTH_API_KEYS', 'WEBHOOK_SECRET']);

/** One setting that cannot be used: its name, the text given, and what to do about it. */
export interface SettingProblem {
  setting: string;
  given: string;
  reason: string;
}

/** The environment holds a setting that is malformed or unknown; the message names each of them. */
export class SettingsError extends Error {
  constructor(readonly problems: SettingProblem[]) {
    super(problems.map((problem) => problem.reason).join('\n'));
    this.name = 'SettingsError';
  }
}

/**
 * Reads every setting from `env`; what is absent keeps its default. The result is frozen.
 * @throws SettingsError for malformed values (an empty one included) and for variables that look like a setting
 *   but are none: `THREADLOG_*`, and near misses of a setting's name
 */
export function loadSettings(env: NodeJS.ProcessEnv): Readonly<Settings> {
  const settings = new Settings();
  const defaults: Record<string, unknown> = { ...settings };
  const names = Object.keys(defaults);

  const problems = unknownSettings(env, names);
  for (const name of names) {
    const text = env[name];
    if (text !== undefined) Object.assign(settings, { [name]: parse(text, defaults[name]) });
  }
  for (const error of validateSync(settings)) {
    const given = SECRETS.has(error.property) ? '(hidden)' : (env[error.property] ?? '');
    const legal = Object.values(error.constraints ?? {})[0];
    problems.push({
      setting: error.property,
      given,
      reason: `setting ${error.property} is ${JSON.stringify(given)}: ${legal}`,
    });
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.freeze(settings);
}

/** The value in the type of its default; text that does not fit stays text, for the validation to refuse. */
function parse(text: string, fallback: unknown): unknown {
  if (typeof fallback === 'number') return /^-?\d+$/.test(text) ? Number(text) : text;
  if (typeof fallback === 'boolean') {
    if (text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
  }
  return text;
}

function unknownSettings(env: NodeJS.ProcessEnv, names: string[]): SettingProblem[] {
  const problems: SettingProblem[] = [];
  for (const [name, given = ''] of Object.entries(env)) {
    if (names.includes(name)) continue;
    const meant = nearestSetting(name, names);
    if (meant === null && !name.startsWith('THREADLOG_')) continue;
    const hint = meant === null ? 'settings carry no prefix, see .env.example' : `did you mean ${meant}?`;
    problems.push({ setting: name, given, reason: `unknown setting ${name}; ${hint}` });
  }
  return problems;
}
