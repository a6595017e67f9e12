import { networkInterfaces } from 'node:os';
import { hostOfAddress } from '../config/host-name.js';
import { KnownHosts } from './known-hosts.js';

const HERE = '127.0.0.1';

describe('KnownHosts', () => {
  const knows = (
    header: string | undefined,
    given: { HOST?: string; ALLOWED_HOSTS?: string } = {},
    localAddress = HERE,
  ): boolean => new KnownHosts({ HOST: HERE, ALLOWED_HOSTS: '', ...given }).knows(header, localAddress);

  it.each(['localhost', 'localhost:8123', 'LOCALHOST:1', '127.0.0.1:9', '127.8.8.8', '[::1]:8123', '127.1'])(
    'knows loopback as %s',
    (header) => {
      expect(knows(header)).toBe(true);
    },
  );

  it.each([
    'attacker.example',
    'attacker.example:8123',
    'localhost.attacker.example',
    '127.0.0.1.attacker.example',
    'localhost:8123@attacker.example',
    '10.1.2.3',
    '0.0.0.0',
    '[::2]',
    '',
    'a b',
    'localhost/x',
    'app.localhost',
    '[',
    '%',
    'localhost:port',
  ])('knows no %j', (header) => {
    expect(knows(header)).toBe(false);
  });

  it('lets through what names no host, for no browser does that', () => {
    expect(knows(undefined)).toBe(true);
  });

  it('knows the name that it listens on, and the address that a connection came to', () => {
    expect(knows('my-machine:8123', { HOST: 'my-machine' })).toBe(true);
    expect(knows('10.1.2.3:8123', { HOST: 'my-machine' }, '10.1.2.3')).toBe(true);
    expect(knows('10.1.2.3', { HOST: '::' }, '::ffff:10.1.2.3')).toBe(true);
    expect(knows('[fe80::1]:8123', { HOST: '::' }, 'fe80::1%eth0')).toBe(true);
    expect(knows('0.0.0.0:8123', { HOST: '0.0.0.0' })).toBe(true);
  });

  it('knows every address of the machine when it listens on all of them, and only then', () => {
    const addresses = Object.values(networkInterfaces()).flat().map((known) => hostOfAddress(known?.address as string));
    for (const address of addresses) expect(knows(`${address}:8123`, { HOST: '0.0.0.0' })).toBe(true);
    expect(knows('192.0.2.77', { HOST: '0.0.0.0' })).toBe(false);
    expect(knows('attacker.example', { HOST: '0.0.0.0' })).toBe(false);
  });

  it.each([
    ['app.example', 'app.example', true],
    ['app.example', 'APP.example:8443', true],
    ['app.example:8443', 'app.example:8443', true],
    ['app.example:8443', 'app.example', false],
    ['app.example:8443', 'app.example:8444', false],
    ['app.example:443', 'app.example', true],
    ['app.example', 'evil.app.example', false],
    ['a.example,b.example', 'b.example', true],
    ['[fe80::2]', '[FE80:0::2]:1', true],
    ['*', 'attacker.example', true],
  ])('with ALLOWED_HOSTS=%s it knows %s: %s', (ALLOWED_HOSTS, header, known) => {
    expect(knows(header, { ALLOWED_HOSTS })).toBe(known);
  });
});
