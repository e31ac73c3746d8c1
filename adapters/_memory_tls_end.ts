import { type Deferred, deferred } from "../lib/base/deferred.ts";
import { TransportError, type TransportErrorCode } from "../lib/base/errors.ts";
import type {
  StartTlsOptions,
  TlsConfig,
  TlsInfo,
} from "../lib/spi/transport.ts";
import { closedError, truncatedError } from "./_memory_errors.ts";
import { type MemoryTlsSession, memoryTlsSession } from "./_memory_tls.ts";

/** Our side of a handshake that waits for the client's. */
interface Handshake extends Deferred<void> {
  readonly config: TlsConfig;
  readonly resumedOnly: boolean;
}

/** The client's side of it. */
interface Hello extends Deferred<MemoryTlsSession> {
  readonly session: MemoryTlsSession | null;
  readonly certificate: Uint8Array | null;
}

/** The connection that TLS is pretended on. */
export interface MemoryTlsOwner {
  /** The same at the other end. */
  peer(): MemoryTlsEnd;
  /** Why nothing can be done any more; `null` when it can. */
  refusal(action: string): TransportError | null;
  /** Whether something has arrived that was not read. */
  holdsInput(): boolean;
  /** Whether the peer has finished. */
  hasEnded(): boolean;
  /** Runs at the other end: at once, or after the latency. */
  deliver(run: () => void): void;
  close(): void;
}

/**
 * TLS at one end of a connection in memory, pretended: both ends agree that it
 * begins and that it is over, and the bytes stay what they are.
 */
export class MemoryTlsEnd {
  readonly #owner: MemoryTlsOwner;
  #info: TlsInfo | null = null;
  #handshake: Handshake | null = null;
  #hello: Hello | null = null;
  #helloArrived = false;
  #parting: Deferred<void> | null = null;
  #partingArrived = false;
  #isCut = false;

  constructor(owner: MemoryTlsOwner) {
    this.#owner = owner;
  }

  /** What is known of the session; `null` in clear. */
  get info(): TlsInfo | null {
    return this.#info;
  }

  /** Whether the end of the stream is none, as the peer cut the line. */
  get isTruncated(): boolean {
    return this.#info !== null && this.#owner.peer().#isCut;
  }

  /** See {@linkcode Connection.startTls}. */
  start(config: TlsConfig, options: StartTlsOptions): Promise<void> {
    const refusal = this.#owner.refusal("start TLS");
    if (refusal !== null) return Promise.reject(refusal);
    const { signal, resumedOnly = false } = options;
    const handshake = { ...deferred<void>(), config, resumedOnly };
    this.#handshake = handshake;
    const onAbort = () => this.#owner.close();
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    this.arrived();
    return handshake.promise.finally(() =>
      signal?.removeEventListener("abort", onAbort)
    );
  }

  /** See {@linkcode MemoryConnection.joinTls}. */
  join(
    session: MemoryTlsSession | null,
    certificate: Uint8Array | null,
  ): Promise<MemoryTlsSession> {
    const refusal = this.#owner.refusal("join TLS");
    if (refusal !== null) return Promise.reject(refusal);
    const joined = deferred<MemoryTlsSession>();
    this.#hello = { ...joined, session, certificate };
    const peer = this.#owner.peer();
    this.#owner.deliver(() => {
      peer.#helloArrived = true;
      peer.arrived();
    });
    return joined.promise;
  }

  /** See {@linkcode Connection.stopTls}. */
  stop(): Promise<void> {
    if (this.#info === null) return Promise.reject(closedError("stop TLS"));
    this.#parting = deferred();
    const peer = this.#owner.peer();
    this.#owner.deliver(() => {
      peer.#partingArrived = true;
      peer.#part();
    });
    const { promise } = this.#parting;
    this.#part();
    return promise;
  }

  /** The stream will end without close_notify. */
  cut(): void {
    this.#isCut = true;
  }

  /** Something has arrived; with both ends there, they agree, or not. */
  arrived(): void {
    const handshake = this.#handshake;
    if (handshake === null) return;
    const refuse = (code: TransportErrorCode, why: string): void => {
      this.#handshake = null;
      handshake.reject(new TransportError(code, `Cannot start TLS: ${why}`));
    };
    // A client's clear text takes the place of its part of the handshake.
    if (this.#owner.holdsInput()) return refuse("tls", "no TLS came");
    if (this.#owner.hasEnded()) {
      return refuse("truncated", "the client finished");
    }
    const peer = this.#owner.peer();
    const hello = peer.#hello;
    if (!this.#helloArrived || hello === null) return;
    const { config, resumedOnly } = handshake;
    const resumed = hello.session?.config === config;
    if (resumedOnly && !resumed) {
      return refuse("not-resumed", "the client resumes no session");
    }
    this.#handshake = null;
    this.#helloArrived = false;
    const isAsked = (config.clientCert ?? "off") !== "off";
    this.#info = infoOf(resumed, isAsked ? hello.certificate : null);
    handshake.resolve();
    this.#owner.deliver(() => {
      peer.#hello = null;
      if (peer.#owner.refusal("join TLS") !== null) return;
      peer.#info = infoOf(resumed, null);
      hello.resolve(memoryTlsSession(config));
    });
  }

  /** The peer has finished. */
  ended(): void {
    this.arrived();
    this.#hello?.reject(truncatedError("join TLS"));
    this.#parting?.reject(truncatedError("stop TLS"));
  }

  /** What waits for the peer waits no more. */
  fail(why: TransportError): void {
    this.#handshake?.reject(why);
    this.#handshake = null;
    this.#hello?.reject(why);
    this.#hello = null;
    this.#parting?.reject(why);
    this.#parting = null;
  }

  /** Both ends have said that TLS is over. */
  #part(): void {
    if (this.#parting === null || !this.#partingArrived) return;
    this.#info = null;
    this.#partingArrived = false;
    this.#parting.resolve();
    this.#parting = null;
  }
}

function infoOf(
  resumed: boolean,
  peerCertificate: Uint8Array | null,
): TlsInfo {
  return {
    protocol: "TLSv1.3",
    cipher: null,
    resumed,
    peerCertificate,
    alpn: null,
    serverName: null,
  };
}
