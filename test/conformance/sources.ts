/** Where the rules are published. */

export const cddl = (section: string): string =>
  `Agent Protocol, streaming/protocol.cddl (draft; @langchain/protocol 0.0.19), ${section}`;

export const js = (what: string): string => `@langchain/langgraph-sdk 1.12.4, ${what}`;

export const js15 = (what: string): string => `@langchain/langgraph-sdk 1.15.0, ${what}`;

export const python = (what: string): string => `langgraph-sdk 0.4.14 (Python), ${what}`;

export const whatwg = (section: string): string => `WHATWG HTML, ${section}`;

export const rfc6455 = (section: string): string => `RFC 6455, ${section}`;

export const rest = (what: string): string =>
  `LangGraph Server API as @langchain/langgraph-sdk 1.12.4 uses it, ${what}`;
