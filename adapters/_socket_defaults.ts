/** Connections that wait to be accepted, when nobody says. */
export const DEFAULT_BACKLOG = 100;

/** Routers forget silent connections; a long transfer makes control silent. */
export const KEEP_ALIVE_DELAY_MS = 60_000;
