import { type Deferred, deferred } from "../lib/base/deferred.ts";
import { TransportError } from "../lib/base/errors.ts";
import type { StartTlsOptions, TlsInfo } from "../lib/spi/transport.ts";
import type { BunSink } from "./_bun_connection.ts";
import type {
  BunSocket,
  BunTlsHandler,
  BunTlsOptions,
  BunTlsSocket,
} from "./_runtime_types.ts";
import type { TlsContext } from "./_tls_context.ts";
import {
  endError,
  endOfHandshake,
  notResumed,
  tlsError,
} from "./_tls_errors.ts";
import { protocolsOnWire } from "./_tls_parts.ts";
import { TlsRecords } from "./_tls_records.ts";

const ACTION = "Cannot start TLS";

/** The server end of TLS over a socket of Bun. */
export class BunTls {
  /** The inner stream. */
  readonly socket: BunTlsSocket<BunSink | null>;
  /**
   * Rejects with the errors of `Connection.startTls`, after which the socket
   * has to be closed.
   */
  readonly handshake: Promise<TlsInfo>;

  readonly #context: TlsContext;
  readonly #resumedOnly: boolean;
  readonly #done: Deferred<TlsInfo> = deferred();
  readonly #records = new TlsRecords();
  #name: string | null = null;

  /** @param inner told of what happens on the inner stream */
  constructor(
    raw: BunSocket<BunSink | null>,
    context: TlsContext,
    options: StartTlsOptions,
    inner: BunSink,
  ) {
    this.#context = context;
    this.#resumedOnly = options.resumedOnly ?? false;
    this.handshake = this.#done.promise;
    // The handlers of the socket below go on to be called.
    raw.data = {
      onData: (chunk) => this.#records.push(chunk),
      onDrain() {},
      onEnd() {},
      onClose() {},
    };
    const [, socket] = raw.upgradeTLS<BunSink | null>({
      isServer: true,
      data: inner,
      tls: optionsOf(context),
      socket: this.#handler(),
    });
    this.socket = socket;
    socket.resume();
  }

  /** After the end: why that was none, or `null`. */
  endError(action: string): TransportError | null {
    const end = this.#records.endsWithAlert ? "finished" : "truncated";
    return endError(action, end);
  }

  #handler(): BunTlsHandler<BunSink | null> {
    return {
      serverName: (_server, name, socket) => this.#onName(name, socket),
      handshake: (socket, success, error) => {
        // Without a certificate of the client there is always an error.
        if (success) this.#onSecure(socket);
        else this.#fail(error);
      },
      data: (socket, chunk) => {
        this.#records.opened(chunk.length);
        socket.data?.onData(chunk);
      },
      drain: (socket) => socket.data?.onDrain(),
      end: (socket) => socket.data?.onEnd(),
      close: (socket, error) => {
        this.#fail(error);
        socket.data?.onClose(error);
      },
      error: (socket, error) => {
        this.#fail(error);
        socket.data?.onClose(error);
      },
    };
  }

  #fail(error: unknown): void {
    this.#done.reject(
      error === undefined || error === null
        ? endOfHandshake(ACTION)
        : tlsError(ACTION, error),
    );
  }

  #onSecure(socket: BunTlsSocket<BunSink | null>): void {
    this.#records.established();
    if (this.#resumedOnly && !socket.isSessionReused()) {
      this.#fail(notResumed(ACTION));
      // Now: the session that a stranger would be given is not sent yet.
      socket.terminate();
      return;
    }
    const { asks, requires } = this.#context;
    const raw = socket.getPeerCertificate()?.raw;
    const peer = asks && raw !== undefined && socket.authorized
      ? new Uint8Array(raw)
      : null;
    if (requires && peer === null) {
      this.#fail(
        new TransportError(
          "tls",
          `${ACTION}: the client's certificate is not trusted`,
        ),
      );
      return;
    }
    this.#done.resolve({
      protocol: socket.getTLSVersion(),
      cipher: socket.getCipher()?.standardName ?? null,
      resumed: socket.isSessionReused(),
      peerCertificate: peer,
      alpn: socket.alpnProtocol || null,
      serverName: this.#name,
    });
  }

  #onName(
    name: string,
    socket: BunTlsSocket<BunSink | null> | undefined,
  ): boolean | undefined {
    // On a socket that we dialled, getServername() is whom we dialled.
    this.#name = name;
    const { choose } = this.#context;
    if (choose === undefined || socket === undefined) return undefined;
    choose(name).then(
      (chosen) =>
        socket.resumeSNI(secureContextOf(chosen ?? this.#context), false),
      () => socket.resumeSNI(undefined, true),
    );
    return true;
  }
}

function optionsOf(context: TlsContext): BunTlsOptions {
  const { asks, requires, protocols } = context;
  return {
    secureContext: secureContextOf(context),
    requestCert: asks,
    rejectUnauthorized: requires,
    ...(protocols === null ? {} : {
      ALPNProtocols: protocolsOnWire(protocols).buffer,
    }),
  };
}

/** `node:tls` wraps what Bun itself wants. */
function secureContextOf(context: TlsContext): object {
  const { context: inner } = context.secure as { readonly context?: object };
  return inner ?? context.secure;
}
