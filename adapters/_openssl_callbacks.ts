import { nativeCallback } from "./_native_callback.ts";
import { bytesAt, type OpensslFunctions } from "./_openssl_library.ts";
import { protocolsOnWire } from "./_tls_parts.ts";

// OpenSSL asks these during a handshake, while we call SSL_accept.

/** Of protocols: one was chosen, none is shared. */
const SSL_TLSEXT_ERR_OK = 0;
const SSL_TLSEXT_ERR_ALERT_FATAL = 2;

/** Of the first message: refused, go on, call us again later. */
export const SSL_CLIENT_HELLO_ERROR = 0;
export const SSL_CLIENT_HELLO_SUCCESS = 1;
export const SSL_CLIENT_HELLO_RETRY = -1;

const TLSEXT_TYPE_SERVER_NAME = 0;
/** RFC 6066, 3. */
const HOST_NAME = 0;

/** Who is told of the first message of a client. */
export interface HelloListener {
  /** @returns one of `SSL_CLIENT_HELLO_…` */
  onHello(serverName: string | null): number;
}

const listeners = new Map<number, HelloListener>();

/** Names of protocols on the wire, of contexts by a number of ours. */
const protocolsOf = new Map<number, Uint8Array>();
let contextCount = 0;

let protocolCallback: number | bigint | null = null;
let helloCallback: number | bigint | null = null;
let verifyCallback: number | bigint | null = null;

/** Has `listener` told of what the client of the `SSL` at `address` says. */
export function listenToHello(address: number, listener: HelloListener): void {
  listeners.set(address, listener);
}

/** Its handshake is over. */
export function forgetHello(address: number): void {
  listeners.delete(address);
}

/** Clients of a context are listened to from their first message on. */
export function answerHellos(
  library: OpensslFunctions,
  context: number,
): void {
  helloCallback ??= nativeCallback(3, (ssl) => {
    const listener = listeners.get(Number(ssl));
    if (listener === undefined) return SSL_CLIENT_HELLO_ERROR;
    try {
      return listener.onHello(serverNameOf(library, ssl));
    } catch {
      return SSL_CLIENT_HELLO_ERROR;
    }
  });
  library.SSL_CTX_set_client_hello_cb(context, helloCallback, 0);
}

/**
 * Agrees with clients on one of `protocols`, the first that both speak.
 *
 * @returns what forgets them, once the context is freed
 */
export function answerProtocols(
  library: OpensslFunctions,
  context: number,
  protocols: readonly string[] | null,
): () => void {
  if (protocols === null) return () => {};
  const id = ++contextCount;
  protocolsOf.set(id, protocolsOnWire(protocols));
  protocolCallback ??= nativeCallback(
    6,
    (_ssl, chosen, chosenLength, offer, offerLength, of) => {
      const ours = protocolsOf.get(Number(of!));
      if (ours === undefined) return SSL_TLSEXT_ERR_ALERT_FATAL;
      const theirs = bytesAt(library, offer!, Number(offerLength));
      const at = sharedProtocol(ours, theirs);
      if (at < 0) return SSL_TLSEXT_ERR_ALERT_FATAL;
      // It may stay where the client's offer is.
      const where = new BigUint64Array([BigInt(offer!) + BigInt(at + 1)]);
      library.memmove(chosen!, where, where.byteLength);
      library.memmove(chosenLength!, theirs.slice(at, at + 1), 1);
      return SSL_TLSEXT_ERR_OK;
    },
  );
  library.SSL_CTX_set_alpn_select_cb(context, protocolCallback, id);
  return () => protocolsOf.delete(id);
}

/** For `SSL_CTX_set_verify`: a client whose certificate says nothing passes. */
export function passEverybody(): number | bigint {
  return verifyCallback ??= nativeCallback(2, () => 1);
}

/** Where in `theirs` the first of `ours` is that is there; -1 for none. */
function sharedProtocol(ours: Uint8Array, theirs: Uint8Array): number {
  for (const our of namesIn(ours)) {
    for (const their of namesIn(theirs)) {
      if (isSame(our.name, their.name)) return their.at;
    }
  }
  return -1;
}

/** Each name of RFC 7301, 3.1, and where its length is. */
function* namesIn(
  list: Uint8Array,
): Generator<{ readonly at: number; readonly name: Uint8Array }> {
  for (let at = 0; at < list.length; at += 1 + list[at]!) {
    yield { at, name: list.subarray(at + 1, at + 1 + list[at]!) };
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length &&
    one.every((byte, at) => byte === other[at]);
}

/** The host name that a client asks for: a list of types and names. */
function serverNameOf(
  library: OpensslFunctions,
  ssl: number | bigint | undefined,
): string | null {
  const where = new BigUint64Array(1);
  const size = new BigUint64Array(1);
  const type = TLSEXT_TYPE_SERVER_NAME;
  const isThere =
    library.SSL_client_hello_get0_ext(ssl!, type, where, size) === 1;
  if (!isThere) return null;
  const bytes = bytesAt(library, where[0]!, Number(size[0]!));
  return hostNameIn(bytes);
}

/** The name in an extension `server_name`, or `null`: RFC 6066, 3. */
export function hostNameIn(extension: Uint8Array): string | null {
  for (let at = 2; at + 3 <= extension.length;) {
    const [type = 0, high = 0, low = 0] = extension.subarray(at, at + 3);
    const begin = at + 3;
    const end = begin + high * 256 + low;
    if (end > extension.length) return null;
    if (type === HOST_NAME) {
      return new TextDecoder().decode(extension.subarray(begin, end));
    }
    at = end;
  }
  return null;
}
