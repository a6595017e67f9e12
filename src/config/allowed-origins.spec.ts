import { allowedOrigins, isAllowedOrigin } from './allowed-origins.js';

describe('allowedOrigins', () => {
  it.each([
    ['*', '*'], ['', []], ['https://a.example', ['https://a.example']], [' https://a.example , http://b ', ['https://a.example', 'http://b']],
    ['https://a.example,*', '*'],
  ])('reads %j', (setting, origins) => {
    expect(allowedOrigins(setting)).toEqual(origins);
  });
});

describe('isAllowedOrigin', () => {
  it('lets a request through that comes from no page', () => {
    expect(isAllowedOrigin('', undefined)).toBe(true);
  });

  it('lets a page through whose origin is listed, and no other', () => {
    expect(isAllowedOrigin('https://a.example', 'https://a.example')).toBe(true);
    expect(isAllowedOrigin('https://a.example', 'https://b.example')).toBe(false);
    expect(isAllowedOrigin('', 'https://a.example')).toBe(false);
    expect(isAllowedOrigin('*', 'https://b.example')).toBe(true);
  });
});
