/** A short name (HOST, PORT) is near too many variables of other programs to be guessed at. */
const SHORTEST_GUESSED = 8;
/** Up to this length one slip is taken for a misspelling, above it two. */
const ONE_SLIP_UP_TO = 9;

/**
 * The setting that `name` probably misspells, or null. With the prefix `THREADLOG_` the rest of the name counts, and
 * may be the exact name of a setting; without it only near misses of names of eight letters and more do.
 */
export function nearestSetting(name: string, settings: readonly string[]): string | null {
  const bare = name.replace(/^THREADLOG_/, '').toUpperCase();
  if (bare !== name && settings.includes(bare)) return bare;
  let nearest: string | null = null;
  let least = Infinity;
  for (const setting of settings) {
    const slips = setting.length <= ONE_SLIP_UP_TO ? 1 : 2;
    if (setting.length < SHORTEST_GUESSED || Math.abs(setting.length - bare.length) > slips) continue;
    const distance = editDistance(bare, setting);
    if (distance <= slips && distance < least) [nearest, least] = [setting, distance];
  }
  return nearest;
}

/** Letters to insert, delete, replace or swap with their neighbour to turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let j = 1; j <= b.length; j++) rows[0]?.push(j);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Infinity;
      rows[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, swapped));
    }
  }
  return at(a.length, b.length);
}
