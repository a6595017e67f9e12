/** A host as URLs write it: the name in lower case, IPv4 with four numbers, IPv6 in brackets; and its port, or null. */
export interface Host {
  readonly name: string;
  /** As it was written; null when it was left to the scheme. */
  readonly port: string | null;
}

/** What `Host` and a setting may hold: no user, no path. */
const AUTHORITY = /^[^\s/?#@\\]+$/;
const PORT = /:(\d+)$/;

/** Reads `name`, `name:port`, `[::1]` or `[::1]:port`; null for anything else. */
export function readHost(text: string): Host | null {
  if (!AUTHORITY.test(text) || !URL.canParse(`http://${text}`)) return null;
  return { name: new URL(`http://${text}`).hostname, port: PORT.exec(text)?.[1] ?? null };
}

/** An IP address, as sockets give it, in the form of `Host.name`. */
export function hostOfAddress(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
  return plain.includes(':') ? `[${plain}]` : plain;
}

/** Whether only this machine can be meant: `localhost`, 127.0.0.0/8 or ::1. */
export function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(name);
}
