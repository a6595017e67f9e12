/** Reads CORS_ORIGINS: `*` for every origin, else the list of those from which a browser's page may call. */
export function allowedOrigins(setting: string): '*' | string[] {
  const list = setting.split(',').map((origin) => origin.trim()).filter((origin) => origin !== '');
  return list.includes('*') ? '*' : list;
}

/** Whether a request may come from this origin; one without an origin comes from no page. */
export function isAllowedOrigin(setting: string, origin: string | undefined): boolean {
  const allowed = allowedOrigins(setting);
  return origin === undefined || allowed === '*' || allowed.includes(origin);
}
