import { allowedOrigins, entriesOf } from './allowed-origins.js';
import { isLoopback, readHost } from './host-name.js';
import type { Settings } from './settings.js';

/** What a start has to warn of: settings with which strangers can reach what the graphs may do. */
export function exposureWarnings(settings: Settings): string[] {
  const warnings: string[] = [];
  const host = settings.HOST.includes(':') ? `[${settings.HOST}]` : settings.HOST;
  if (settings.AUTH_API_KEYS === '' && !isLoopback(readHost(host)?.name ?? host)) {
    warnings.push(
      `NO AUTHENTICATION: HOST=${settings.HOST} lets everybody who reaches this machine start runs and read every thread. ` +
        'Set AUTH_API_KEYS, or HOST=127.0.0.1.',
    );
  }
  if (allowedOrigins(settings.CORS_ORIGINS) === '*') {
    warnings.push(everyPage('CORS_ORIGINS=*'));
  }
  if (entriesOf(settings.ALLOWED_HOSTS).includes('*')) {
    warnings.push(
      'ALLOWED_HOSTS=* lets every web page point a name of its own here (DNS rebinding). Name the hosts that are yours.',
    );
  }
  return warnings;
}

/** @param what lets every origin in */
export function everyPage(what: string): string {
  return `${what} lets every web page that somebody on this network opens call this server. Name the origins that you trust.`;
}
