import { isDeepStrictEqual } from 'node:util';

const OPERATORS = {
  $eq: (value: unknown, wanted: unknown) => isDeepStrictEqual(value, wanted),
  $ne: (value: unknown, wanted: unknown) => !isDeepStrictEqual(value, wanted),
  $gt: (value: unknown, wanted: unknown) => Number(value) > Number(wanted),
  $gte: (value: unknown, wanted: unknown) => Number(value) >= Number(wanted),
  $lt: (value: unknown, wanted: unknown) => Number(value) < Number(wanted),
  $lte: (value: unknown, wanted: unknown) => Number(value) <= Number(wanted),
  $in: (value: unknown, wanted: unknown) =>
    Array.isArray(wanted) && wanted.some((one) => isDeepStrictEqual(value, one)),
  $nin: (value: unknown, wanted: unknown) =>
    !Array.isArray(wanted) || !wanted.some((one) => isDeepStrictEqual(value, one)),
} as const;

/**
 * Whether an item's value fits a search filter: every key equals what is asked, or fulfils every operator
 * (`$eq $ne $gt $gte $lt $lte $in $nin`; the four comparisons are numeric, as in LangGraph's InMemoryStore).
 */
export function matchesFilter(value: Record<string, unknown>, filter: Record<string, unknown>): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    if (!isOperators(wanted)) return isDeepStrictEqual(value[key], wanted);
    return Object.entries(wanted).every(([operator, operand]) =>
      OPERATORS[operator as keyof typeof OPERATORS](value[key], operand),
    );
  });
}

function isOperators(wanted: unknown): wanted is Record<string, unknown> {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) return false;
  const keys = Object.keys(wanted);
  return keys.length > 0 && keys.every((key) => Object.hasOwn(OPERATORS, key));
}
