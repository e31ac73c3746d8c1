import type { TransportError } from "../lib/base/errors.ts";
import type { Endpoint, ReceiveFile, SendFile } from "../lib/spi/transport.ts";
import { endpoint } from "./_endpoint.ts";
import { withZones } from "./_zone.ts";
import type { DenoConn } from "./_runtime_types.ts";
import {
  type FileReceiver,
  fileReceiver,
  type ReceivingSocket,
} from "./_receive_file.ts";
import { type FileSender, fileSender } from "./_sendfile.ts";
import type { RawConnection } from "./_raw_connection.ts";
import { socketCalls } from "./_socket_calls.ts";
import { busyError, closedError, transportError } from "./_socket_errors.ts";

/** An idle session holds this much: most commands fit. */
const COMMAND_BUFFER_BYTES = 64;

/** For files; they soon have the largest. */
const BULK_BUFFER_BYTES = 512;
const BUFFER_GROWTH = 8;
const LARGEST_BUFFER_BYTES = 262_144;

/** A `Deno.TcpConn` as a {@linkcode Connection}. */
export class DenoConnection implements RawConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly tls = null;

  readonly #conn: DenoConn;
  readonly #firstBytes: number;
  #buffer: Uint8Array | null = null;
  #reading = false;
  #writing: Promise<void> | null = null;
  #failure: TransportError | null = null;
  #ended = false;
  #finished = false;
  #closed = false;
  #sender: FileSender | null = null;
  #receiver: FileReceiver | null = null;
  #largest = LARGEST_BUFFER_BYTES;

  /** @param bulk files come this way, and not commands */
  constructor(conn: DenoConn, bulk: boolean = false) {
    this.#conn = conn;
    this.#firstBytes = bulk ? BULK_BUFFER_BYTES : COMMAND_BUFFER_BYTES;
    // Asked once: a connection that is closed has forgotten its addresses.
    const ends = withZones({
      local: endpoint(conn.localAddr.hostname, conn.localAddr.port),
      remote: endpoint(conn.remoteAddr.hostname, conn.remoteAddr.port),
    });
    this.local = ends.local;
    this.remote = ends.remote;
  }

  /** No async function: while they wait, those keep half a kibibyte. */
  read(): Promise<Uint8Array | null> {
    if (this.#reading) return Promise.reject(busyError("Cannot read"));
    if (this.#closed) return Promise.reject(closedError("Cannot read"));
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.resolve(null);
    this.#reading = true;
    const buffer = this.#buffer ?? new Uint8Array(this.#firstBytes);
    return this.#conn.read(buffer).then(
      (length) => this.#received(buffer, length),
      (error: unknown) => {
        this.#reading = false;
        throw this.#failed("Cannot read", error);
      },
    );
  }

  #received(buffer: Uint8Array, length: number | null): Uint8Array | null {
    this.#reading = false;
    if (this.#closed) throw closedError("Cannot read");
    if (length === null) {
      this.#ended = true;
      return null;
    }
    this.#buffer = length === buffer.length && length < this.#largest
      ? new Uint8Array(Math.min(length * BUFFER_GROWTH, this.#largest))
      : buffer;
    return buffer.subarray(0, length);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#writing !== null) {
      return Promise.reject(busyError("Cannot write"));
    }
    if (this.#closed || this.#finished) {
      return Promise.reject(closedError("Cannot write"));
    }
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (bytes.length === 0) return Promise.resolve();
    this.#writing = this.#write(bytes);
    return this.#writing;
  }

  get sendFile(): SendFile | undefined {
    const descriptor = descriptorOf(this.#conn);
    if (descriptor === undefined) return undefined;
    this.#sender ??= fileSender({
      isBusy: () => this.#writing !== null,
      duplicate: (binding) => binding.duplicate(descriptor),
      write: (bytes) => this.write(bytes),
    });
    return this.#sender?.sendFile;
  }

  get receiveFile(): ReceiveFile | undefined {
    const socket = this.receivingSocket();
    if (socket === null) return undefined;
    this.#receiver ??= fileReceiver(socket);
    return this.#receiver?.receiveFile;
  }

  receivingSocket(): ReceivingSocket | null {
    const descriptor = descriptorOf(this.#conn);
    if (descriptor === undefined) return null;
    return {
      hasInput: () => this.#ended || this.#failure !== null,
      duplicate: (binding) => binding.duplicate(descriptor),
      read: (most) => {
        this.#limit(most);
        return this.read();
      },
    };
  }

  #limit(bytes: number): void {
    this.#largest = bytes;
    if ((this.#buffer?.length ?? 0) > bytes) this.#buffer = null;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      let at = 0;
      while (at < bytes.length) {
        // Deno takes what the system takes, which may be less than all.
        at += await this.#conn.write(at === 0 ? bytes : bytes.subarray(at));
        if (this.#closed) throw closedError("Cannot write");
      }
    } catch (error) {
      throw this.#failed("Cannot write", error);
    } finally {
      this.#writing = null;
    }
  }

  async closeWrite(): Promise<void> {
    this.#check("Cannot finish");
    if (this.#finished) return;
    this.#finished = true;
    this.#sender?.release();
    try {
      await this.#writing;
      this.#check("Cannot finish");
      await this.#conn.closeWrite();
    } catch (error) {
      throw this.#failed("Cannot finish", error);
    }
  }

  sendLast(bytes: Uint8Array): void {
    const isSilent = this.#closed || this.#finished ||
      this.#failure !== null || this.#writing !== null;
    const descriptor = descriptorOf(this.#conn);
    if (isSilent || descriptor === undefined) return;
    // Deno's own write begins later, and close() would be first.
    socketCalls()?.send(descriptor, bytes.slice());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sender?.release();
    this.#receiver?.release();
    this.#buffer = null;
    try {
      // Pending calls are rejected with Interrupted.
      this.#conn.close();
    } catch {
      // BadResource: Deno has closed it already.
    }
  }

  #check(action: string): void {
    if (this.#closed) throw closedError(action);
    if (this.#failure !== null) throw this.#failure;
  }

  /** A reset is told once by the system, and at every call by us. */
  #failed(action: string, error: unknown): TransportError {
    if (this.#closed) return closedError(action);
    const failure = transportError(action, error);
    if (failure.code !== "closed") this.#failure ??= failure;
    return failure;
  }
}

/** What accepted connections have beside their documented members. */
const DESCRIPTOR = "Symbol(Deno.internal.fd)";

/** Deno closes a connection only when we say so: the number stays its own. */
function descriptorOf(conn: DenoConn): number | undefined {
  for (const symbol of Object.getOwnPropertySymbols(conn)) {
    if (String(symbol) !== DESCRIPTOR) continue;
    const value: unknown = Reflect.get(conn, symbol);
    return typeof value === "number" ? value : undefined;
  }
  return undefined;
}
