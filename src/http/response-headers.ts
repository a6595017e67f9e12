/** On every answer: browsers take it for nothing but what its `Content-Type` says. */
export const NO_SNIFFING = { 'x-content-type-options': 'nosniff' } as const;
