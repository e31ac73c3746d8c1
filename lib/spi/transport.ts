import type { FileHandle } from "./file_system.ts";

/**
 * One end of a TCP connection. `hostname` is always an IP literal, with the
 * IPv4-mapped form `::ffff:a.b.c.d` already written as `a.b.c.d`; a zone
 * index (`fe80::1%eth0`) is kept.
 */
export interface Endpoint {
  /** An IP literal. */
  readonly hostname: string;
  /** 0 to 65535. */
  readonly port: number;
}

/** A version of TLS that may be offered; older ones never are. */
export type TlsVersion = "1.2" | "1.3";

/**
 * The server end of TLS: a certificate and what is asked of clients. PEM
 * texts, not file names.
 *
 * One object is one TLS context. A session that a client was given on one
 * connection can be resumed on another that was given the same object; with
 * another object, even of the same texts, it cannot, and a full handshake
 * follows. (Deno's own TLS alone resumes it all the same: there, sessions
 * belong to the program.) So make one object and keep it, or one for each control
 * connection where data connections have to prove where they belong. Members
 * are read once.
 *
 * On TLS 1.3 every connection gets fresh session tickets; a ticket of 1.2 can
 * be used again and again. Sessions can be resumed for a day, with the TLS of Bun and
 * Deno for as long as the runtime sees fit. Renegotiation is refused.
 */
export interface TlsConfig {
  /** The certificate, then those that lead to its root. */
  readonly cert: string;
  /** The private key of the certificate. */
  readonly key: string;
  /** Of an encrypted `key`. */
  readonly passphrase?: string;
  /** The certificates that those of clients must lead to. */
  readonly ca?: string;
  /**
   * Whether clients are asked for a certificate: `request` lets pass who has
   * none, or none that `ca` vouches for; `require` does not. Either needs
   * `ca`.
   * @default {"off"}
   */
  readonly clientCert?: "off" | "request" | "require";
  /**
   * The oldest version that is offered.
   * @default {"1.2"}
   */
  readonly minVersion?: TlsVersion;
  /**
   * The newest version that is offered.
   * @default {"1.3"}
   */
  readonly maxVersion?: TlsVersion;
  /**
   * Cipher suites in OpenSSL's notation, the preferred one first. The default
   * is that of Node or the runtime's. Without OpenSSL (see `useOpenssl`), they
   * cannot be chosen on Deno: a `ConfigError`; on Bun those of TLS 1.3 cannot.
   */
  readonly ciphers?: string;
  /**
   * Application protocols (RFC 7301), the preferred one first. A client that
   * offers others only is refused, one that offers none is not. Without this,
   * nothing is negotiated.
   */
  readonly alpn?: readonly string[];
  /**
   * The certificate for a host name that the client asks for (RFC 6066, 3);
   * `null` for the one here. `cert`, `key` and `passphrase` of the answer are
   * taken, the other members from here. Without a name it is not called. An
   * exception refuses the client.
   */
  readonly serverName?: (
    name: string,
  ) => TlsConfig | null | Promise<TlsConfig | null>;
}

/** What is known of a TLS session. */
export interface TlsInfo {
  /** `TLSv1.2` or `TLSv1.3`; `null` where the runtime cannot tell. */
  readonly protocol: string | null;
  /** The cipher suite by its name in the RFCs or in OpenSSL. */
  readonly cipher: string | null;
  /** Whether the session was resumed; `null` where the runtime cannot tell. */
  readonly resumed: boolean | null;
  /**
   * The client's certificate in DER, when one was asked for and given. `ca`
   * vouches for it.
   */
  readonly peerCertificate: Uint8Array | null;
  /** The application protocol agreed on. */
  readonly alpn: string | null;
  /** The host name that the client asked for. */
  readonly serverName: string | null;
}

/** What a handshake must come to. */
export interface StartTlsOptions {
  /** Aborting closes the connection; the handshake rejects with `closed`. */
  readonly signal?: AbortSignal;
  /**
   * Whether only a client will do that resumes a session of the same
   * configuration object. Another is given no session that it could resume
   * later, and the handshake rejects with `not-resumed`. Only where
   * {@linkcode Transport.bindsTlsSessions} says so.
   * @default {false}
   */
  readonly resumedOnly?: boolean;
}

/**
 * Sends bytes of a file from `offset` on without copying them through the
 * program: `length` at most. Resolves with the number sent, 0 only at the end
 * of the file, once others had their turn and there may be room for more. It
 * is a write: no other may be under way. The file stays open until it settles.
 *
 * @throws {TransportError} `reset` or `closed`; `unsupported` when it cannot
 * be done with this file after all, and nothing was sent
 */
export type SendFile = (
  file: FileHandle,
  offset: number,
  length: number,
) => Promise<number>;

/**
 * Receives what comes next into a file, at `offset`, without copying it through
 * the program. Resolves with the number of bytes once some are in the file; 0
 * when the peer finished cleanly. It is a read: no other may be under way. The
 * file stays open until it settles.
 *
 * @throws {TransportError} as `read()` does; `unsupported` when it cannot be
 * done with this file after all, and nothing was taken from the connection
 * @throws {FileError} as `FileHandle.write` does
 */
export type ReceiveFile = (
  file: FileHandle,
  offset: number,
) => Promise<number>;

/**
 * A byte stream in both directions, with nothing about FTP in it.
 *
 * Reading is by pull: no bytes are taken from the operating system beyond one
 * buffer until `read()` is called, so back-pressure needs no further call. At
 * most one `read()` and one `write()` are under way at a time.
 */
export interface Connection {
  /** Our end. */
  readonly local: Endpoint;
  /** The peer's end. */
  readonly remote: Endpoint;
  /** `null` on a clear connection; set once `startTls` has resolved. */
  readonly tls: TlsInfo | null;

  /**
   * The next bytes, never an empty array. They are valid until the next
   * `read()`; copy what must live longer. `null` once the peer finished
   * cleanly, then and on every later call: with FIN, under TLS with
   * close_notify.
   *
   * @throws {TransportError} `reset` when the peer broke off, `closed` after
   * our own `close()`, `truncated` after all bytes that came when a TLS peer
   * finished without close_notify, `tls` when what came is no TLS
   */
  read(): Promise<Uint8Array | null>;

  /**
   * Sends all of `bytes`; resolves when the caller may reuse them and the
   * transport wants more, which is the back-pressure.
   *
   * @throws {TransportError} `reset` or `closed`
   */
  write(bytes: Uint8Array): Promise<void>;

  /**
   * Everything written goes out, under TLS close_notify, then FIN. Reading
   * continues.
   */
  closeWrite(): Promise<void>;

  /**
   * Releases the connection now. Idempotent, never throws. Pending calls
   * reject with code `closed`; what the kernel has not taken is lost. Under TLS
   * the peer is sent close_notify where that goes at once.
   */
  close(): void;

  /**
   * Turns this connection into the server end of a TLS session, in place,
   * whether it was accepted or dialled. Resolves after the handshake; from
   * then on `tls` is set, all calls mean the inner stream, and `sendFile` and
   * `receiveFile` are others or absent.
   *
   * No `read()` or `write()` may be under way. What has come in and was not
   * read is taken for the start of the handshake, so that clear text there
   * makes it fail; what was read and not used yet is the caller's to refuse.
   *
   * Takes as long as the client does: give a signal, or `close()`. When it
   * rejects, the connection is of no use any more, and only has to be closed.
   * Absent where the connection cannot; see `upgradable`.
   *
   * @throws {TransportError} `tls` when the client cannot be agreed with: it
   * sent no TLS, an alert, offered no version, cipher or protocol that the
   * configuration allows, or gave no certificate; `not-resumed` when it had
   * to resume a session and did not; `truncated` when it finished
   * within the handshake; `reset` when it broke off; `closed` after `close()`
   * or an abort; `other` when another call is under way
   * @throws {ConfigError} when the configuration does not hold; see
   * {@linkcode Transport.checkTls}
   */
  startTls?(config: TlsConfig, options?: StartTlsOptions): Promise<void>;

  /**
   * Ends TLS and goes on in clear: sends close_notify, waits for that of the
   * client, or for clear text from those that send none, and keeps what came
   * behind it for `read()`. `tls` is `null` then. The client must not send data
   * meanwhile. Give it a time by `close()`. No
   * other call may be under way. Absent where the connection cannot; see
   * `stoppable`.
   *
   * @throws {TransportError} as `read()` does
   */
  stopTls?(): Promise<void>;

  /**
   * Absent where the runtime or the connection cannot. Under TLS the bytes are
   * copied, as they have to be encrypted.
   */
  readonly sendFile?: SendFile | undefined;

  /**
   * Absent where the runtime or the connection cannot. Under TLS the bytes are
   * copied, as they have to be decrypted.
   */
  readonly receiveFile?: ReceiveFile | undefined;
}

/** A listening socket. */
export interface Listener {
  /** Our end. */
  readonly local: Endpoint;
  /**
   * The next connection; `null` once the listener is closed. Connections that
   * arrive while nobody waits are kept, up to the backlog.
   */
  accept(): Promise<Connection | null>;
  /**
   * A connection that is there already, in the place of the one that a pending
   * `accept()` would give, which goes on waiting. Asked for when nobody can go
   * on without it, so that there is no need to ask again. Absent where
   * `accept()` costs no more.
   */
  acceptNow?(): Connection | null;
  /** Idempotent. Connections that were never accepted are closed. */
  close(): void;
}

/** Where to listen. */
export interface ListenOptions {
  /** An IP literal or a name; `::` takes IPv4 too where the system can. */
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /**
   * Connections that wait to be accepted.
   * @default {100}
   */
  readonly backlog?: number;
  /**
   * Whether accepted connections send small writes at once (TCP_NODELAY).
   * @default {false}
   */
  readonly noDelay?: boolean;
  /**
   * Whether accepted connections must have `startTls`. Clear connections may
   * be slower for it. For TLS from the first byte, call `startTls` first.
   * @default {false}
   */
  readonly upgradable?: boolean;
  /**
   * Whether accepted connections must have `startTls` and `stopTls`, which is
   * slower. Only where {@linkcode Transport.stopsTls} says so.
   * @default {false}
   */
  readonly stoppable?: boolean;
  /**
   * Whether the connections carry files rather than lines, which is a hint.
   * @default {false}
   */
  readonly bulk?: boolean;
}

/** How connections are accepted, wherever that is. */
export type SocketOptions = Omit<ListenOptions, "hostname" | "port">;

/** Where to connect to, and from where. */
export interface ConnectOptions {
  /** An IP literal. */
  readonly hostname: string;
  /** 1 to 65535. */
  readonly port: number;
  /** The local IP to connect from. */
  readonly localHostname?: string;
  /** The local port to connect from. */
  readonly localPort?: number;
  /**
   * Whether the connection must have `startTls`.
   * @default {false}
   */
  readonly upgradable?: boolean;
  /** Aborting rejects with code `closed` and leaves nothing behind. */
  readonly signal?: AbortSignal;
}

/** What a runtime must offer: two calls, and what it knows of TLS. */
export interface Transport {
  /** For logs: `node`, `deno`, `bun`, `memory`. */
  readonly name: string;
  /**
   * Opens a listening socket.
   *
   * @throws {TransportError} `address-in-use`, `address-not-available`,
   * `not-permitted`, or `unsupported` when it shall be upgradable and cannot
   */
  listen(options: ListenOptions): Promise<Listener>;
  /**
   * Opens a Unix socket, in the place of one that nobody listens on any more.
   * Both ends of its connections are told to be 127.0.0.1 and port 0. Absent
   * where there are none.
   *
   * @throws {TransportError} as `listen` does
   */
  listenPath?(path: string, options?: SocketOptions): Promise<Listener>;
  /**
   * Listens on a socket that another program has bound and handed over, as
   * systemd does from descriptor 3 on. Absent where that cannot be.
   *
   * @throws {TransportError} `unsupported` when it is no listening socket
   */
  listenDescriptor?(
    descriptor: number,
    options?: SocketOptions,
  ): Promise<Listener>;
  /**
   * Connects to a listening socket.
   *
   * @throws {TransportError} `refused`, `timeout`, `unreachable`, `closed`
   */
  connect(options: ConnectOptions): Promise<Connection>;
  /**
   * Refuses at once a configuration that `startTls` could not use: a text that
   * is no PEM, a key that does not fit the certificate, a wrong passphrase, an
   * unknown cipher. Absent where there is no TLS.
   *
   * @throws {ConfigError} with the cause in words
   */
  checkTls?(config: TlsConfig): void;
  /**
   * Whether a session of one `TlsConfig` object cannot be resumed with
   * another, so that resuming proves where a client has been before.
   * @default {false}
   */
  readonly bindsTlsSessions?: boolean;
  /**
   * Whether accepted connections have `stopTls` when asked for it.
   * @default {false}
   */
  readonly stopsTls?: boolean;
}
