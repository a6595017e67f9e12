import { readHost } from './host-name.js';

/** The entries of a comma-separated setting. */
export function entriesOf(setting: string): string[] {
  return setting.split(',').map((entry) => entry.trim()).filter((entry) => entry !== '');
}

/** Reads CORS_ORIGINS: `*` for every origin, else those whose pages may call, as browsers write them. */
export function allowedOrigins(setting: string): '*' | ReadonlySet<string> {
  const list = entriesOf(setting);
  return list.includes('*') ? '*' : new Set(list.map(normalOrigin));
}

/** Whether it is `*` or an origin. `null` is none: any page can give itself that one. */
export function isOriginEntry(entry: string): boolean {
  return entry === '*' || /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@\\]+\/?$/i.test(entry);
}

/** Whether it is `*` or a host, with or without a port. */
export function isHostEntry(entry: string): boolean {
  return entry === '*' || readHost(entry) !== null;
}

/** Without the slash and the default port that people write and browsers do not. */
function normalOrigin(entry: string): string {
  if (!/^https?:/i.test(entry) || !URL.canParse(entry)) return entry.replace(/\/$/, '');
  return new URL(entry).origin;
}
