let registered: Promise<void> | undefined;

/**
 * Lets Node import TypeScript from here on, once per process. Registered instead of using `tsImport`, which would
 * load a second copy of every dependency for each graph. The CommonJS half serves graphs of packages
 * without `"type": "module"`.
 */
export function registerTypeScript(): Promise<void> {
  registered ??= register();
  return registered;
}

async function register(): Promise<void> {
  const cjs = await import('tsx/cjs/api');
  const esm = await import('tsx/esm/api');
  cjs.register();
  esm.register();
}
