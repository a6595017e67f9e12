import { BadRequestException } from '@nestjs/common';

/** Whose clients a path is for: by its prefix, and on bare `/v1` by the path itself. */
export type Profile = 'anthropic' | 'extended';

/** How a stream behaves (docs/sessions.md, Modes). */
export interface SessionMode {
  readonly profile: Profile;
  /** `all`: what happened so far comes first. */
  readonly replay: 'none' | 'all';
  /** `done`: ends with `data: [DONE]` once the session rests; `open`: goes on. */
  readonly end: 'open' | 'done';
  /** Of a session's stream: every event of every thread, or of children only what concerns the session. */
  readonly scope: 'condensed' | 'all';
}

const CHOICES = { replay: ['none', 'all'], end: ['open', 'done'], scope: ['condensed', 'all'] } as const;

export function profileOf(url: string): Profile {
  return url.startsWith('/anthropic/') ? 'anthropic' : 'extended';
}

/**
 * The query decides, then the prefix, then the path's own default.
 * @throws BadRequestException for a value that is none of the choices
 */
export function modeOf(url: string, query: Readonly<Record<string, unknown>>): SessionMode {
  const profile = profileOf(url);
  const endsWhenIdle = /^\/v1\/sessions\/[^/]+\/events\/stream/.test(url);
  return {
    profile,
    replay: choice(query, 'replay', profile === 'anthropic' ? 'none' : 'all'),
    end: choice(query, 'end', endsWhenIdle ? 'done' : 'open'),
    scope: choice(query, 'scope', profile === 'anthropic' ? 'condensed' : 'all'),
  };
}

function choice<K extends keyof typeof CHOICES>(
  query: Readonly<Record<string, unknown>>, name: K, fallback: (typeof CHOICES)[K][number],
): (typeof CHOICES)[K][number] {
  const given = query[name];
  if (given === undefined || given === '') return fallback;
  const found = CHOICES[name].find((value) => value === given);
  if (found === undefined) throw new BadRequestException(`${name} must be one of ${CHOICES[name].join(', ')}`);
  return found;
}
