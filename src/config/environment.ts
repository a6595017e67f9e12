/** The process environment. Only this folder reads it; everything else is given a `Settings`. */
export function readEnvironment(): NodeJS.ProcessEnv {
  return process.env;
}
