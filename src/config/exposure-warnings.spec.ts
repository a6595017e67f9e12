import { exposureWarnings } from './exposure-warnings.js';
import { Settings } from './settings.js';

const warnings = (given: Partial<Settings>): string[] => exposureWarnings(Object.assign(new Settings(), given));

describe('exposureWarnings', () => {
  it.each([
    {},
    { HOST: '::1' },
    { HOST: 'localhost' },
    { HOST: '127.0.0.2' },
    { HOST: '0.0.0.0', AUTH_API_KEYS: 'ann:key' },
    { CORS_ORIGINS: 'https://a.example', ALLOWED_HOSTS: 'a.example' },
  ])('says nothing of %j', (given) => {
    expect(warnings(given)).toEqual([]);
  });

  it.each([
    [{ HOST: '0.0.0.0' }, /NO AUTHENTICATION: HOST=0\.0\.0\.0 .* Set AUTH_API_KEYS/],
    [{ HOST: '::' }, /NO AUTHENTICATION/],
    [{ HOST: '192.168.1.5' }, /NO AUTHENTICATION/],
    [{ HOST: 'my-machine' }, /NO AUTHENTICATION/],
    [{ CORS_ORIGINS: 'https://a.example,*' }, /CORS_ORIGINS=\*/],
    [{ ALLOWED_HOSTS: '*' }, /ALLOWED_HOSTS=\*/],
  ])('warns of %j, and says what to do', (given, message) => {
    expect(warnings(given)).toEqual([expect.stringMatching(message)]);
  });
});
