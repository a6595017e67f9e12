import { allowedOrigins, isHostEntry, isOriginEntry } from './allowed-origins.js';

describe('allowedOrigins', () => {
  it.each([
    ['*', '*'], ['https://a.example,*', '*'], ['', new Set()], ['https://a.example', new Set(['https://a.example'])],
    [' https://a.example , http://b ', new Set(['https://a.example', 'http://b'])],
    ['https://A.example:443/,http://b:80', new Set(['https://a.example', 'http://b'])],
    ['chrome-extension://abc/', new Set(['chrome-extension://abc'])],
  ])('reads %j', (setting, origins) => {
    expect(allowedOrigins(setting)).toEqual(origins);
  });
});

describe('isOriginEntry', () => {
  it.each(['*', 'https://a.example', 'http://10.0.0.5:3000/', 'vscode-webview://x'])('takes %s', (entry) => {
    expect(isOriginEntry(entry)).toBe(true);
  });

  it.each(['null', 'a.example', 'https://', 'https://a.example/path', 'https://user@a.example', '*.example'])(
    'refuses %s',
    (entry) => {
      expect(isOriginEntry(entry)).toBe(false);
    },
  );
});

describe('isHostEntry', () => {
  it.each(['*', 'a.example', 'A.example:8443', '10.0.0.5', '[::1]:8123'])('takes %s', (entry) => {
    expect(isHostEntry(entry)).toBe(true);
  });

  it.each(['https://a.example', 'a.example/path', '::1', 'a:port', 'a b'])('refuses %s', (entry) => {
    expect(isHostEntry(entry)).toBe(false);
  });
});
