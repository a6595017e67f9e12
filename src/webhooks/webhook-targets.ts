import { lookup as resolve } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Injectable } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { Settings } from '../config/settings.js';

const MAX_URL_LENGTH = 2_048;

/** A webhook leads to an address that the server does not call. */
export class BlockedAddressError extends Error {
  constructor(host: string, address: string) {
    super(
      `${host} is at ${address}, which is not a public address; WEBHOOK_ALLOW_PRIVATE_ADDRESSES=true allows it`,
    );
  }
}

/** Which addresses webhooks may be sent to. */
@Injectable()
export class WebhookTargets {
  constructor(private readonly settings: Settings) {}

  /**
   * What is wrong with the address of a webhook, as far as it can be told without asking for it; null if nothing is.
   */
  fault(webhook: string): string | null {
    if (webhook.length > MAX_URL_LENGTH) return `must not be longer than ${MAX_URL_LENGTH} characters`;
    if (webhook.startsWith('/'))
      return 'is a path, which needs routes of your own (http.app in langgraph.json); give a URL';
    const url = URL.canParse(webhook) ? new URL(webhook) : null;
    if (!url || !/^https?:$/.test(url.protocol)) return 'must be a URL such as https://example.com/hook';
    if (url.username !== '' || url.password !== '') return 'must not hold a user or a password';
    const host = hostOf(url);
    if (isIP(host) === 0 || this.isAllowed(host)) return null;
    return `is refused: ${new BlockedAddressError(url.host, host).message}`;
  }

  /**
   * Finds the addresses of a host, for a connection: it goes to what was checked, whatever the name means a moment
   * later. One forbidden address refuses the host.
   */
  readonly lookup: LookupFunction = (host, options, done) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '', 0);
      const blocked = addresses.find(({ address }) => !this.isAllowed(address));
      const [first] = addresses;
      if (blocked || !first) return done(new BlockedAddressError(host, blocked?.address ?? 'no address'), '', 0);
      if (options.all) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };

  private isAllowed(address: string): boolean {
    return this.settings.WEBHOOK_ALLOW_PRIVATE_ADDRESSES || isPublic(address);
  }
}

/** The host of a URL as an address is written, without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** Neither private nor loopback, link-local, reserved, or a way round to one of these. */
function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return ipaddr.process(address).range() === 'unicast';
}
