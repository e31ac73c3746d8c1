// The members of Deno and Bun that the adapters use, and no more: published
// declarations must not need the types of either.

/** An address as Deno says it. */
export interface DenoAddress {
  readonly hostname: string;
  readonly port: number;
}

/** A TCP connection of Deno. */
export interface DenoConn {
  readonly localAddr: DenoAddress;
  readonly remoteAddr: DenoAddress;
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  closeWrite(): Promise<void>;
  close(): void;
  setNoDelay(noDelay?: boolean): void;
  setKeepAlive(keepAlive?: boolean): void;
}

/** A TCP listener of Deno. */
export interface DenoTcpListener {
  readonly addr: DenoAddress;
  accept(): Promise<DenoConn>;
  close(): void;
}

/** What a program of Deno may be allowed; without details, all of its kind. */
export type DenoPermission =
  | { readonly name: "read" | "write"; readonly path?: string }
  | { readonly name: "net"; readonly host?: string }
  | { readonly name: "env"; readonly variable?: string }
  | { readonly name: "ffi" }
  | { readonly name: "run"; readonly command?: string }
  | {
    readonly name: "sys";
    readonly kind?: "networkInterfaces" | "statfs" | "hostname";
  };

/** The answer about a {@linkcode DenoPermission}. */
export interface DenoPermissionStatus {
  readonly state: "granted" | "prompt" | "denied";
}

/** What Deno says of a file; `null` where the system does not tell. */
export interface DenoFileInfo {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymlink: boolean;
  readonly size: number;
  readonly mtime: Date | null;
  readonly birthtime: Date | null;
  readonly dev: number;
  readonly ino: number | null;
  readonly mode: number | null;
  readonly nlink: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
}

/** What the Deno adapter needs of `globalThis.Deno`. */
export interface DenoApi {
  readonly permissions: {
    /** Asks nobody. */
    querySync(permission: DenoPermission): DenoPermissionStatus;
    /** Asks the user on a terminal, elsewhere refuses. */
    request(permission: DenoPermission): Promise<DenoPermissionStatus>;
  };
  stat(path: string): Promise<DenoFileInfo>;
  statSync(path: string): DenoFileInfo;
  lstat(path: string): Promise<DenoFileInfo>;
  lstatSync(path: string): DenoFileInfo;
  readDir(path: string): AsyncIterable<{ readonly name: string }>;
  listen(options: {
    readonly hostname: string;
    readonly port: number;
    readonly tcpBacklog?: number;
  }): DenoTcpListener;
  connect(options: {
    readonly hostname: string;
    readonly port: number;
    readonly signal?: AbortSignal;
  }): Promise<DenoConn>;
}

/** A TCP socket of Bun; `T` is what the program keeps with it. */
export interface BunSocket<T> {
  data: T;
  /** The number of the socket, -1 once it is closed. */
  readonly fd: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The number of bytes taken; 0 when full, -1 when closed. */
  write(bytes: Uint8Array, offset?: number, length?: number): number;
  /** Sends FIN. */
  shutdown(): void;
  /** close(2). */
  end(): void;
  /** Sends RST. */
  terminate(): void;
  pause(): void;
  resume(): void;
  setNoDelay(noDelay?: boolean): boolean;
  setKeepAlive(enable?: boolean, initialDelayMs?: number): boolean;
  /**
   * Puts TLS on top. The first of the answers is this socket's new self, whose
   * handlers are called with what is encrypted.
   */
  upgradeTLS<U>(options: {
    /** Not in the types of Bun; without it the side is guessed. */
    readonly isServer: true;
    readonly data: U;
    readonly tls: BunTlsOptions;
    readonly socket: BunTlsHandler<U>;
  }): readonly [BunSocket<T>, BunTlsSocket<U>];
}

/** What a server wants of TLS. */
export interface BunTlsOptions {
  /** The member `context` of what `createSecureContext` answers. */
  readonly secureContext: object;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
  /** Names in the form of RFC 7301, 3.1. */
  readonly ALPNProtocols?: ArrayBuffer;
}

/** The inner stream of TLS; the members beyond are those of `node:tls`. */
export interface BunTlsSocket<T> extends BunSocket<T> {
  readonly alpnProtocol: string | false | null;
  /** Whether the peer's certificate leads to one of `ca`. */
  readonly authorized: boolean;
  getCipher(): { readonly standardName?: string } | undefined;
  getPeerCertificate(): { readonly raw?: Uint8Array } | undefined;
  getTLSVersion(): string | null;
  isSessionReused(): boolean;
  /** Goes on with a handshake that `serverName` has held up. */
  resumeSNI(secureContext: object | undefined, failed: boolean): void;
}

/** What Bun calls for a socket with TLS. */
export interface BunTlsHandler<T> extends BunSocketHandler<T> {
  handshake?(socket: BunTlsSocket<T>, success: boolean, error: unknown): void;
  /**
   * Not in the types of Bun: `node:tls` uses it for SNI. `true` holds the
   * handshake up until `resumeSNI`.
   */
  serverName?(
    server: unknown,
    name: string,
    socket: BunTlsSocket<T> | undefined,
  ): boolean | undefined;
}

/** What Bun calls for a socket. */
export interface BunSocketHandler<T> {
  open?(socket: BunSocket<T>): void;
  data?(socket: BunSocket<T>, chunk: Uint8Array): void;
  drain?(socket: BunSocket<T>): void;
  end?(socket: BunSocket<T>): void;
  close?(socket: BunSocket<T>, error?: unknown): void;
  error?(socket: BunSocket<T>, error: unknown): void;
  connectError?(socket: BunSocket<T>, error: unknown): void;
}

/** A TCP listener of Bun. */
export interface BunTcpListener {
  readonly hostname: string;
  readonly port: number;
  stop(closeConnections?: boolean): void;
}

/** What the Bun adapter needs of `globalThis.Bun`. */
export interface BunApi {
  listen<T>(options: {
    readonly hostname: string;
    readonly port: number;
    readonly allowHalfOpen?: boolean;
    readonly data?: T;
    readonly socket: BunSocketHandler<T>;
  }): BunTcpListener;
  connect<T>(options: {
    readonly hostname: string;
    readonly port: number;
    readonly localAddress?: string;
    readonly localPort?: number;
    readonly allowHalfOpen?: boolean;
    readonly data?: T;
    readonly socket: BunSocketHandler<T>;
  }): Promise<BunSocket<T>>;
}

/** The globals of a program; at most one of the two is there. */
export interface RuntimeGlobals {
  readonly Deno?: DenoApi;
  readonly Bun?: BunApi;
}

/** `globalThis` with the two members that may be there. */
export const runtimeGlobals: RuntimeGlobals = globalThis as RuntimeGlobals;
