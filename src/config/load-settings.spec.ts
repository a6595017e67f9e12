import { resolve } from 'node:path';
import { databasePath } from './database-url.js';
import { loadSettings, SettingsError } from './load-settings.js';
import { Settings } from './settings.js';

const messageFor = (env: NodeJS.ProcessEnv): string => {
  try {
    loadSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return 'accepted';
};

describe('loadSettings', () => {
  it('gives the defaults, frozen, when the environment says nothing', () => {
    const settings = loadSettings({ PATH: '/bin', npm_config_loglevel: 'warn' });
    expect({ ...settings }).toEqual({ ...new Settings() });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('reads numbers, booleans, words and text', () => {
    const settings = loadSettings({
      PORT: '0', EVENT_STREAMING_ENABLED: '0', LOG_LEVEL: 'debug', DURABILITY: 'power', HOST: '::1', CORS_ORIGINS: '',
    });
    expect(settings).toMatchObject({
      PORT: 0, EVENT_STREAMING_ENABLED: false, LOG_LEVEL: 'debug', DURABILITY: 'power', HOST: '::1', CORS_ORIGINS: '',
    });
    expect(loadSettings({ EVENT_STREAMING_ENABLED: 'true' }).EVENT_STREAMING_ENABLED).toBe(true);
  });

  it.each([
    ['PORT', '80a', 'setting PORT is "80a": must be a whole number from 0 to 65535'],
    ['PORT', '65536', 'setting PORT is "65536": must be a whole number from 0 to 65535'],
    ['PORT', '', 'setting PORT is "": must be a whole number from 0 to 65535'],
    ['PORT', '8123.5', 'setting PORT is "8123.5": must be a whole number from 0 to 65535'],
    ['MAX_CONCURRENT_RUNS', '0', 'setting MAX_CONCURRENT_RUNS is "0": must be a whole number from 1 up'],
    [
      'MAX_CONCURRENT_RUNS',
      '9007199254740993',
      'setting MAX_CONCURRENT_RUNS is "9007199254740993": must be a whole number from 1 up',
    ],
    [
      'HEARTBEAT_INTERVAL_MS',
      '2147483648',
      'setting HEARTBEAT_INTERVAL_MS is "2147483648": must be a whole number from 1 to 2147483647',
    ],
    ['EVENT_STREAMING_ENABLED', 'yes', 'setting EVENT_STREAMING_ENABLED is "yes": must be true, false, 1 or 0'],
    ['DURABILITY', 'none', 'setting DURABILITY is "none": must be one of process, power'],
    ['HOST', '', 'setting HOST is "": must be a text without white space, not empty'],
    [
      'DATABASE_URL',
      'postgres://db/x',
      'setting DATABASE_URL is "postgres://db/x": PostgreSQL is not supported yet: must be sqlite:./relative/path.db or sqlite:///absolute/path.db',
    ],
    [
      'DATABASE_URL',
      './x.db',
      'setting DATABASE_URL is "./x.db": must be sqlite:./relative/path.db or sqlite:///absolute/path.db',
    ],
  ])('refuses %s=%j and says what is legal', (name, value, message) => {
    expect(messageFor({ [name]: value })).toBe(message);
  });

  it('names every problem at once', () => {
    expect(messageFor({ PORT: 'x', DURABILITY: 'y' }).split('\n')).toHaveLength(2);
  });

  it.each([
    ['MAX_CONCURENT_RUNS', 'unknown setting MAX_CONCURENT_RUNS; did you mean MAX_CONCURRENT_RUNS?'],
    ['LOGLEVEL', 'unknown setting LOGLEVEL; did you mean LOG_LEVEL?'],
    ['DURABLITIY', 'unknown setting DURABLITIY; did you mean DURABILITY?'],
    ['LAGLEVEL', 'accepted'],
    ['max_queued_runs', 'unknown setting max_queued_runs; did you mean MAX_QUEUED_RUNS?'],
    ['THREADLOG_PORT', 'unknown setting THREADLOG_PORT; did you mean PORT?'],
    ['THREADLOG_LOGLEVEL', 'unknown setting THREADLOG_LOGLEVEL; did you mean LOG_LEVEL?'],
    ['THREADLOG_SPEED', 'unknown setting THREADLOG_SPEED; settings carry no prefix, see .env.example'],
    ['PORTS', 'accepted'],
    ['HOSTNAME', 'accepted'],
    ['DATABASE_PASSWORD', 'accepted'],
  ])('answers an environment with %s: %s', (name, message) => {
    expect(messageFor({ [name]: '1' })).toBe(message);
  });
});

describe('databasePath', () => {
  it.each([
    ['sqlite:./a/b.db', resolve('a/b.db')],
    ['sqlite:../b.db', resolve('../b.db')],
    ['sqlite:/tmp/b c.db', '/tmp/b c.db'],
    ['sqlite:///tmp/b.db', '/tmp/b.db'],
  ])('takes %s', (url, path) => expect(databasePath(url)).toBe(path));

  it.each([
    'sqlite:b.db',
    'sqlite:',
    'sqlite://host/b.db',
    'sqlite::memory:',
    'sqlite:./',
    'sqlite:./a/',
    'sqlite:/a/..',
    'sqlite:./b.db?mode=ro',
    'mysql://x',
    '',
  ])('refuses %j', (url) => expect(() => databasePath(url)).toThrow('must be sqlite:'));
});
