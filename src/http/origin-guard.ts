import type { IncomingMessage } from 'node:http';
import { allowedOrigins } from '../config/allowed-origins.js';
import type { CorsConfig } from '../graphs/loading/config/http-config.js';
import { isLoopback } from '../config/host-name.js';
import type { Settings } from '../config/settings.js';
import { KnownHosts } from './known-hosts.js';

/** As much of a header as an answer repeats. */
const MAX_SHOWN = 200;

/**
 * Keeps foreign web pages away from the server, whatever the route, the method and the transport. Who has no browser
 * sends no `Origin`; keys are for those.
 */
export class OriginGuard {
  private readonly hosts: KnownHosts;
  private readonly origins: ReturnType<typeof allowedOrigins>;

  /** @param cors what langgraph.json allows beside the settings */
  constructor(
    settings: Pick<Settings, 'HOST' | 'ALLOWED_HOSTS' | 'CORS_ORIGINS'>,
    private readonly cors: Pick<CorsConfig, 'origins' | 'originPattern'> | null = null,
  ) {
    this.hosts = new KnownHosts(settings);
    this.origins = allowedOrigins([settings.CORS_ORIGINS, ...(cors?.origins ?? [])].join(','));
  }

  /** A sentence that says why the request is not served, and what to do about it; null when it is. */
  refusal({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string | null {
    const { host, origin } = headers;
    // First: a page that was let in by a name of its own has that name as its origin, too.
    if (!this.hosts.knows(host, socket.localAddress)) {
      return `This server does not answer to the host ${shown(host)}. If that is a name of yours, add it to ALLOWED_HOSTS.`;
    }
    if (this.origins === '*') return null;
    if (origin === undefined) {
      if (!isForeignPart(headers)) return null;
      return 'Pages of another site may not load this. Add their origin to CORS_ORIGINS, and load it by fetch with CORS.';
    }
    if (isLoopbackOrigin(origin) || isOwnOrigin(origin, host) || this.origins.has(origin)) return null;
    if (this.cors?.originPattern?.test(origin)) return null;
    return `Pages of the origin ${shown(origin)} may not call this server. If you trust them, add it to CORS_ORIGINS.`;
  }
}

/** `<scheme>://<host>` of a page; null for an opaque one and for schemes of other programs. */
function webOrigin(origin: string): URL | null {
  return /^https?:\/\//.test(origin) && URL.canParse(origin) ? new URL(origin) : null;
}

function isLoopbackOrigin(origin: string): boolean {
  const url = webOrigin(origin);
  return url !== null && isLoopback(url.hostname);
}

/** The page's host is the one it calls. A proxy may have taken off TLS, so the scheme does not count. */
function isOwnOrigin(origin: string, host: string | undefined): boolean {
  const url = webOrigin(origin);
  if (url === null || host === undefined || !URL.canParse(`${url.protocol}//${host}`)) return false;
  return new URL(`${url.protocol}//${host}`).host === url.host;
}

/** A script, an image or a frame of another site: browsers send no origin with these, but say what they are. */
function isForeignPart({
  'sec-fetch-site': site,
  'sec-fetch-mode': mode,
  'sec-fetch-dest': dest,
}: IncomingMessage['headers']): boolean {
  return site === 'cross-site' && !(mode === 'navigate' && dest === 'document');
}

function shown(header: string | undefined): string {
  return (header ?? '').slice(0, MAX_SHOWN);
}
