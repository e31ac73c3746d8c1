import type { Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import { type Deferred, deferred } from "../lib/base/deferred.ts";
import { TransportError } from "../lib/base/errors.ts";
import type { StartTlsOptions, TlsInfo } from "../lib/spi/transport.ts";
import { DenoTlsSource } from "./_deno_tls_source.ts";
import { type NodeSource, StreamSource } from "./_node_source.ts";
import { watchEnd } from "./_node_tls_end.ts";
import { canDecryptInto, NodeTlsSource } from "./_node_tls_source.ts";
import type { NodeSocket } from "./_node_types.ts";
import {
  BUN_NODE_TLS_END,
  DENO_TLS_PAUSE,
  DENO_TLS_RESUMED_TRUST,
} from "./_runtime_gaps.ts";
import type { TlsContext } from "./_tls_context.ts";
import {
  endError,
  endOfHandshake,
  notResumed,
  type TlsEnd,
  tlsError,
} from "./_tls_errors.ts";

const ACTION = "Cannot start TLS";

/** A transfer reads and decrypts this much ahead. */
const READ_AHEAD_BYTES = 262_144;

/** More than is ever read ahead. */
const NEVER = 2 ** 30;

/** Client certificates that one context remembers as trusted. */
const MOST_REMEMBERED = 1000;

/** Events of a `TLSSocket` that all runtimes have and no types tell of. */
interface Emitter {
  on(event: string, listener: (error?: unknown) => void): unknown;
}

/** What a `TLSSocket` holds besides its public members. */
interface Inside {
  readonly ssl?: { verifyError?(): unknown } | null;
  /** On Bun a socket of Bun. */
  readonly _handle?: { shutdown?(): void } | null;
}

/** How a connection is upgraded. */
export interface NodeTlsOptions extends StartTlsOptions {
  /** Whether it carries files rather than lines. */
  readonly bulk: boolean;
}

/** The server end of TLS over a socket of `node:net`. */
export class NodeTls {
  /** The inner stream. */
  readonly socket: NodeSocket;
  /** Where its bytes are to be got from. */
  readonly source: NodeSource;
  /**
   * Rejects with the errors of `Connection.startTls`, after which the socket
   * has to be destroyed.
   */
  readonly handshake: Promise<TlsInfo>;

  readonly #socket: TLSSocket;
  readonly #context: TlsContext;
  readonly #done: Deferred<TlsInfo> = deferred();
  readonly #ending: () => TlsEnd;
  readonly #resumedOnly: boolean;
  #isSecure = false;

  /** @param broken told of what goes wrong after the handshake */
  constructor(
    raw: NodeSocket,
    context: TlsContext,
    options: NodeTlsOptions,
    broken: (error: unknown) => void,
  ) {
    this.#context = context;
    this.#resumedOnly = options.resumedOnly ?? false;
    this.handshake = this.#done.promise;
    const socket = new TLSSocket(raw as unknown as Socket, {
      isServer: true,
      secureContext: context.secure as SecureContext,
      requestCert: context.asks,
      rejectUnauthorized: context.requires,
      ...(context.protocols === null
        ? {}
        : { ALPNProtocols: [...context.protocols] }),
      ...(context.choose === undefined
        ? {}
        : { SNICallback: (name, done) => this.#choose(name, done) }),
      ...{ highWaterMark: DENO_TLS_PAUSE.here ? NEVER : READ_AHEAD_BYTES },
    });
    this.#socket = socket;
    this.socket = socket;
    this.#ending = watchEnd(raw, socket);
    this.source = sourceFor(raw, socket, options.bulk);
    const events: Emitter = socket;
    events.on("secure", () => this.#onSecure());
    events.on("error", (error) => this.#fail(error));
    // Garbage after the handshake comes as this only.
    events.on("_tlsError", (error) => {
      this.#fail(error);
      broken(error);
    });
    events.on(
      "end",
      () => this.#fail(this.endError(ACTION) ?? endOfHandshake(ACTION)),
    );
    events.on("close", () => this.#fail(closed()));
  }

  /** After `end`: why that was no end, or `null`. */
  endError(action: string): TransportError | null {
    return endError(action, this.#ending());
  }

  /** Sends close_notify as far as that goes at once. */
  finish(): void {
    if (BUN_NODE_TLS_END.here) {
      (this.#socket as unknown as Inside)._handle?.shutdown?.();
    } else {
      this.#socket.end();
    }
  }

  #fail(error: unknown): void {
    // What comes with the last of the handshake is for the readers.
    if (!this.#isSecure) this.#done.reject(tlsError(ACTION, error));
  }

  #onSecure(): void {
    if (this.#resumedOnly && !this.#socket.isSessionReused()) {
      this.#fail(notResumed(ACTION));
      // Now: the session that a stranger would be given is not sent yet.
      this.#socket.destroy();
      return;
    }
    try {
      const info = this.#info();
      this.#isSecure = true;
      // Node has tickets under way, which FIN would overtake, and
      // close_notify behind them.
      setImmediate(() => this.#done.resolve(info));
    } catch (error) {
      this.#fail(error);
    }
  }

  #info(): TlsInfo {
    const socket = this.#socket;
    const raw: unknown = socket.getPeerCertificate()?.raw;
    const { asks, requires } = this.#context;
    const peer = asks && raw instanceof Uint8Array && this.#isTrusted()
      ? new Uint8Array(raw)
      : null;
    if (requires && peer === null) {
      throw new TransportError(
        "tls",
        `${ACTION}: the client's certificate is not trusted`,
      );
    }
    return {
      protocol: socket.getProtocol(),
      cipher: socket.getCipher()?.standardName ?? null,
      resumed: socket.isSessionReused(),
      peerCertificate: peer,
      alpn: textOrNull(socket.alpnProtocol),
      serverName: textOrNull(
        (socket as { readonly servername?: unknown }).servername,
      ),
    };
  }

  /** Whether the certificate that the client gave leads to one of `ca`. */
  #isTrusted(): boolean {
    const socket = this.#socket;
    const { trusted } = this.#context;
    const print = socket.getPeerCertificate().fingerprint256;
    if (DENO_TLS_RESUMED_TRUST.here && socket.isSessionReused()) {
      return trusted.has(print);
    }
    const { ssl } = socket as unknown as Inside;
    // Bun says it itself, as tls.Server does on Node.
    const isTrusted = socket.authorized ||
      typeof ssl?.verifyError === "function" && !ssl.verifyError();
    if (DENO_TLS_RESUMED_TRUST.here && isTrusted) {
      if (trusted.size >= MOST_REMEMBERED) trusted.clear();
      trusted.add(print);
    }
    return isTrusted;
  }

  #choose(
    name: string,
    done: (error: Error | null, chosen?: SecureContext) => void,
  ): void {
    this.#context.choose?.(name).then(
      (chosen) => done(null, (chosen ?? this.#context).secure as SecureContext),
      (error: unknown) =>
        done(
          error instanceof Error ? error : new Error("no certificate", {
            cause: error,
          }),
        ),
    );
  }
}

function sourceFor(
  raw: NodeSocket,
  socket: NodeSocket,
  bulk: boolean,
): NodeSource {
  if (bulk && canDecryptInto(socket)) return new NodeTlsSource(raw);
  return DENO_TLS_PAUSE.here
    ? new DenoTlsSource(raw, READ_AHEAD_BYTES)
    : new StreamSource();
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function closed(): TransportError {
  return new TransportError("closed", `${ACTION}: the connection is closed`);
}
