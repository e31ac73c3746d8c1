import { randomBytes } from "node:crypto";

const KEY_BYTES = 16;

/** A ticket of another context: the handshake is a full one. */
const UNKNOWN = 0;
const KNOWN = 1;
/** The session is resumed, and the client gets a new ticket. */
const KNOWN_AND_RENEWED = 2;

/** What a secure context of Node holds, of which its types say nothing. */
interface Inside {
  enableTicketKeyCallback?(): void;
  /**
   * Asked for the keys of a ticket that is made, or was brought. Answers with
   * a verdict, the keys of HMAC and AES, and for a new one its name and IV.
   */
  onticketkeycallback?: (
    name: Uint8Array,
    iv: Uint8Array,
    isNew: boolean,
  ) => readonly unknown[];
}

/**
 * Makes Node give a new ticket to a client that resumes a session of TLS 1.3.
 * It gives two to a new one only, and as clients should use a ticket once (RFC
 * 8446, C.4), of fifty data connections in a row every third would begin a new
 * session. Does nothing on other runtimes, which do so by themselves.
 *
 * @param secure what `createSecureContext` of `node:tls` answered
 */
export function renewTickets(secure: object): void {
  const { context } = secure as { readonly context?: Inside };
  if (typeof context?.enableTicketKeyCallback !== "function") return;
  const ours = randomBytes(KEY_BYTES);
  const hmac = randomBytes(KEY_BYTES);
  const aes = randomBytes(KEY_BYTES);
  context.onticketkeycallback = (name, _iv, isNew) =>
    isNew
      ? [KNOWN, hmac, aes, ours, randomBytes(KEY_BYTES)]
      : [ours.equals(name) ? KNOWN_AND_RENEWED : UNKNOWN, hmac, aes];
  context.enableTicketKeyCallback();
}
