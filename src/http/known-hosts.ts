import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { entriesOf } from '../config/allowed-origins.js';
import { type Host, hostOfAddress, isLoopback, readHost } from '../config/host-name.js';
import type { Settings } from '../config/settings.js';

/**
 * The hosts that the server answers to: its own addresses, loopback, and ALLOWED_HOSTS. A browser believes whoever owns
 * a name when that says which address it has, so a foreign name may lead here (DNS rebinding).
 */
export class KnownHosts {
  private readonly anyHost: boolean;
  private readonly allowed: readonly Host[];
  private readonly own: string;

  constructor({ HOST, ALLOWED_HOSTS }: Pick<Settings, 'HOST' | 'ALLOWED_HOSTS'>) {
    const entries = entriesOf(ALLOWED_HOSTS);
    this.anyHost = entries.includes('*');
    this.allowed = entries.map(readHost).filter((host) => host !== null);
    this.own = readHost(isIP(HOST) === 6 ? `[${HOST}]` : HOST)?.name ?? HOST;
  }

  /**
   * @param header the request's `Host`; without one (HTTP/1.0) no browser sent it
   * @param localAddress the address of this machine that the connection came to
   */
  knows(header: string | undefined, localAddress: string | undefined): boolean {
    if (this.anyHost || header === undefined) return true;
    const host = readHost(header);
    if (host === null) return false;
    const { name } = host;
    if (isLoopback(name) || name === this.own || (localAddress && name === hostOfAddress(localAddress))) return true;
    return this.allowed.some((entry) => isMeant(entry, host)) || this.isInterface(name);
  }

  /** Whether it is another address of this machine, when the server listens on all of them. */
  private isInterface(name: string): boolean {
    if (this.own !== '0.0.0.0' && this.own !== '[::]') return false;
    if (isIP(name.replace(/^\[|\]$/g, '')) === 0) return false;
    return Object.values(networkInterfaces()).flat().some((known) => known && hostOfAddress(known.address) === name);
  }
}

/** An entry without a port means every port; a `Host` without one is that of http or https. */
function isMeant(entry: Host, host: Host): boolean {
  if (entry.name !== host.name) return false;
  if (entry.port === null || entry.port === host.port) return true;
  return host.port === null && (entry.port === '80' || entry.port === '443');
}
