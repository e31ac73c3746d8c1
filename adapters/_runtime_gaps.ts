/** Something that a runtime does not do as its documentation says. */
export interface RuntimeGap {
  /** Whether this program runs on that runtime. */
  readonly here: boolean;
  readonly reason: string;
}

const onDeno = "Deno" in globalThis;
const onBun = "Bun" in globalThis;

/** Seen with Bun 1.4.5. */
export const BUN_NODE_ONREAD: RuntimeGap = {
  here: onBun,
  reason: "node:net reads nothing on a socket made of a handle, and drops " +
    "what arrives with the option onread",
};

/** Seen with Bun 1.4.5. */
export const BUN_NODE_DESTROY: RuntimeGap = {
  here: onBun,
  reason: "a socket of node:net that is destroyed looks as if the peer had " +
    "finished",
};

/** Seen with Bun 1.4.5. */
export const BUN_NODE_PAUSE: RuntimeGap = {
  here: onBun,
  reason: "a socket of node:net that is paused again and again while data " +
    "flows loses some of it",
};

/** Seen with Deno 2.9.6. */
export const DENO_NODE_WRITE_AFTER_END: RuntimeGap = {
  here: onDeno,
  reason: "node:net fails with EPIPE once a write has to wait for a peer " +
    "that has half closed",
};

/** Seen with Deno 2.9.5. */
export const DENO_TLS_CIPHERS: RuntimeGap = {
  here: onDeno,
  reason: "node:tls checks the names in the option ciphers and then offers " +
    "all the same",
};

/** Seen with Deno 2.9.5. */
export const DENO_TLS_RESUMED_TRUST: RuntimeGap = {
  here: onDeno,
  reason: "node:tls finds every client certificate trusted when a session is " +
    "resumed, so that the adapter remembers those that were",
};

/** Seen with Deno 2.9.5. */
export const DENO_TLS_OVER_ONREAD: RuntimeGap = {
  here: onDeno,
  reason:
    "node:tls reads nothing from a socket that was made with the option " +
    "onread",
};

/** Seen with Bun 1.4.5. */
export const BUN_NODE_TLS_END: RuntimeGap = {
  here: onBun,
  reason: "the end of a stream of node:tls sends nothing when the stream is " +
    "destroyed right after it",
};

/** Seen with Bun 1.4.5; sockets of Bun itself are not concerned. */
export const BUN_NODE_TLS_TRUNCATED: RuntimeGap = {
  here: onBun,
  reason: "node:tls makes no difference between close_notify and a bare FIN",
};

/** Seen with Deno 2.9.5. */
export const DENO_TLS_SESSIONS: RuntimeGap = {
  here: onDeno,
  reason: "all contexts of node:tls accept the sessions of each other",
};

/** Seen with Deno 2.9.5. */
export const DENO_TLS_PAUSE: RuntimeGap = {
  here: onDeno,
  reason: "a stream of node:tls that has enough does not stop the socket " +
    "below, and loses the end when that has come in the meantime",
};

/**
 * Seen with Deno 2.9.5: a command waited 90 milliseconds for a listing of
 * 100,000 files, against 10 with a timer now and then.
 */
export const DENO_IMMEDIATES: RuntimeGap = {
  here: onDeno,
  reason: "sockets are looked at only when no immediate is due",
};

/** Seen with Bun 1.4.5; TCP sockets are not concerned. */
export const BUN_UNIX_DESCRIPTOR: RuntimeGap = {
  here: onBun,
  reason: "node:net cannot listen on a descriptor that is a Unix socket",
};

/** Seen with Deno 2.9.5; its own listeners, without TLS, are not concerned. */
export const DENO_NODE_ZONE: RuntimeGap = {
  here: onDeno,
  reason: "node:net cannot listen on a link-local address with its zone",
};
