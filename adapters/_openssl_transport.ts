import type { Connection, Listener } from "../lib/spi/transport.ts";
import type { NodeTransport } from "./_node_transport.ts";
import { OpensslConnection } from "./_openssl_connection.ts";
import { opensslContext } from "./_openssl_context.ts";
import { opensslLibrary } from "./_openssl_library.ts";
import type { RawConnection, RawSocketOptions } from "./_raw_connection.ts";

/** How TLS is done. */
export interface TlsEngineOptions {
  /**
   * Whether OpenSSL does it, called as a C library, where this program can
   * call it: on Linux, on Node with the package `koffi` or from 26 on, on Deno
   * with `--allow-ffi` and on Bun, there with the system's `libssl.so.3`.
   * Otherwise, and with `false`, it is the runtime's TLS, which is slower.
   * @default {true}
   */
  readonly useOpenssl?: boolean;
}

/** What is asked of a listener or a connection. */
interface Wishes {
  readonly upgradable?: boolean;
  readonly stoppable?: boolean;
}

/** Where nobody said: whoever took it may have meant to. */
const UNTOLD: Wishes = { stoppable: true };

/**
 * A transport of clear connections and TLS of the runtime with OpenSSL in its
 * place, where it can be called. Looked for when TLS is asked for first.
 */
export function withOpenssl(
  inner: NodeTransport,
  options: TlsEngineOptions = {},
): NodeTransport {
  const { useOpenssl = true } = options;
  if (!useOpenssl) return inner;
  const isThere = () => opensslLibrary() !== null;
  const wantsTls = ({ upgradable, stoppable }: Wishes) =>
    (upgradable === true || stoppable === true) && isThere();
  return {
    ...inner,
    async listen(options) {
      if (!wantsTls(options)) return await inner.listen(options);
      return secured(await inner.listen(clear(options)), options);
    },
    async listenPath(path, options = {}) {
      if (!wantsTls(options)) return await inner.listenPath(path, options);
      return secured(await inner.listenPath(path, clear(options)), options);
    },
    async listenDescriptor(descriptor, options = {}) {
      if (!wantsTls(options)) {
        return await inner.listenDescriptor(descriptor, options);
      }
      const listener = await inner.listenDescriptor(
        descriptor,
        clear(options),
      );
      return secured(listener, options);
    },
    async connect(options) {
      if (!wantsTls(options)) return await inner.connect(options);
      const raw = await inner.connect({ ...options, upgradable: false });
      return made(raw, options);
    },
    checkTls(config) {
      if (isThere()) opensslContext(config);
      else inner.checkTls(config);
    },
    get bindsTlsSessions() {
      return isThere() || inner.bindsTlsSessions === true;
    },
    stopsTls: true,
  };
}

/**
 * A connection that came in another way than by a transport, with the TLS that
 * those of the transport have: else no session of the one would be resumed on
 * the other.
 *
 * @param inner what `nodeConnection` answered
 */
export function opensslOver(
  inner: Connection,
  options: TlsEngineOptions = {},
): Connection {
  const { useOpenssl = true } = options;
  if (!useOpenssl || opensslLibrary() === null) return inner;
  return made(inner, UNTOLD);
}

/** The same for all connections of a listener that `make` makes. */
export function opensslListener(
  make: (options: RawSocketOptions) => Listener,
  options: TlsEngineOptions = {},
): Listener {
  const { useOpenssl = true } = options;
  if (!useOpenssl || opensslLibrary() === null) return make({});
  return secured(make(clear({})), UNTOLD);
}

function clear<Options extends Wishes>(
  options: Options,
): Options & RawSocketOptions {
  return { ...options, upgradable: false, stoppable: false, raw: true };
}

/** A listener whose connections can start TLS, and end it where wished. */
function secured(inner: Listener, wishes: Wishes): Listener {
  return {
    local: inner.local,
    async accept(): Promise<Connection | null> {
      const raw = await inner.accept();
      return raw === null ? null : made(raw, wishes);
    },
    close: () => inner.close(),
  };
}

function made(raw: Connection, wishes: Wishes): Connection {
  return new OpensslConnection(raw as RawConnection, wishes.stoppable === true);
}
