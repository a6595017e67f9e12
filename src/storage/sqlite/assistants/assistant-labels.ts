import { isObject } from '../../json-containment.js';

/** Longer ones are not looked up but compared row by row. */
const MAX_LABEL_LENGTH = 512;

/** What is looked up of an assistant: texts that are equal where a filter would find it. */
export interface Labels {
  readonly labels: string[];
  /** There is more than labels say: members of lists, empty objects, long texts. */
  readonly isPartial: boolean;
}

/** The label of a graph; those of metadata are lists. */
export function graphLabel(graphId: string): string {
  return JSON.stringify(graphId);
}

/** A label for each text, number, boolean and null of metadata that is in no list: where it is, and what. */
export function metadataLabels(metadata: Readonly<Record<string, unknown>>): Labels {
  const found = { labels: [] as string[], isPartial: false };
  collect(metadata, [], found);
  return found;
}

function collect(value: object, path: readonly string[], found: { labels: string[]; isPartial: boolean }): void {
  const entries = Object.entries(value) as [string, unknown][];
  if (entries.length === 0 && path.length > 0) found.isPartial = true;
  for (const [key, part] of entries) {
    const at = [...path, key];
    if (isObject(part)) {
      collect(part, at, found);
      continue;
    }
    const label = Array.isArray(part) ? null : JSON.stringify([at, part]);
    if (label !== null && label.length <= MAX_LABEL_LENGTH) found.labels.push(label);
    else found.isPartial = true;
  }
}
