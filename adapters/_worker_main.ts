// A worker process: serves the connections that its parent accepts.

import process from "node:process";
import { setInterval } from "node:timers";
import { type Deferred, deferred } from "../lib/base/deferred.ts";
import { messageOf } from "../lib/base/errors.ts";
import type { Admission, SharedRate } from "../lib/server/admission.ts";
import type { ServerOptions } from "../lib/server/options.ts";
import { FtpServer } from "../lib/server/server.ts";
import { snapshotSession } from "../lib/session/snapshot.ts";
import type { LogSink } from "../lib/spi/log.ts";
import { nodeConnection } from "./_node_connection.ts";
import type { NodeSocket } from "./_node_types.ts";
import { opensslOver, type TlsEngineOptions } from "./_openssl_transport.ts";
import { loadAdapter, runtimeName } from "./_runtime.ts";
import { KEEP_ALIVE_DELAY_MS } from "./_socket_defaults.ts";
import type { FromWorker, ToWorker } from "./_worker_messages.ts";
import { AskedRates } from "./_worker_rates.ts";

/** How soon a worker of Deno ends with its parent. */
const PARENT_WATCH_MS = 1_000;

/** What modules for workers export. */
interface Loaded {
  readonly default: (
    data: unknown,
    log: LogSink,
  ) => ServerOptions | Promise<ServerOptions>;
}

/** Places that the parent counts for all workers. */
class SharedPlaces implements Admission {
  readonly rates: AskedRates = new AskedRates(tell);
  readonly #waiting = new Map<number, Deferred<boolean>>();
  #lastId = 0;

  data(): Promise<(() => void) | null> {
    return this.#ask(null, 0);
  }

  session(username: string, most: number): Promise<(() => void) | null> {
    return this.#ask(username, most);
  }

  rate(key: string, bytesPerSecond: number): SharedRate {
    return this.rates.rate(key, bytesPerSecond);
  }

  /** The parent's answer. */
  placed(id: number, granted: boolean): void {
    this.#waiting.get(id)?.resolve(granted);
    this.#waiting.delete(id);
  }

  async #ask(
    username: string | null,
    most: number,
  ): Promise<(() => void) | null> {
    const id = ++this.#lastId;
    const answer = deferred<boolean>();
    this.#waiting.set(id, answer);
    tell({ type: "place", id, username, most });
    return await answer.promise ? () => tell({ type: "leave", id }) : null;
  }
}

function tell(message: FromWorker): void {
  // A parent that is gone needs nothing more.
  if (!process.connected) return;
  process.send?.(message, undefined, undefined, (error) => {
    // Deno does not tell that the parent has gone while something was unread.
    if (error) process.exit(0);
  });
}

/** What the module says that its server is like. */
async function optionsBy(
  module: string,
  data: unknown,
  admission: Admission,
): Promise<ServerOptions> {
  const { default: optionsOf } = await import(module) as Loaded;
  const log: LogSink = (record) => tell({ type: "log", record });
  return {
    log,
    ...await optionsOf(data, log),
    // The parent counts.
    maxConnections: 0,
    maxConnectionsPerAddress: 0,
    admission,
  };
}

function run(): void {
  const places = new SharedPlaces();
  let server: FtpServer | null = null;
  let ownModule = "";
  let hasTls = false;
  let engine: TlsEngineOptions = {};

  async function serve(
    id: number,
    implicitTls: boolean,
    socket: NodeSocket | undefined,
  ): Promise<void> {
    try {
      if (socket === undefined || server === null) return;
      socket.setNoDelay(true);
      socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
      const clear = nodeConnection(socket);
      const connection = hasTls ? opensslOver(clear, engine) : clear;
      await server.handle(connection, { implicitTls, id });
    } catch {
      // The client was gone before it came here.
    } finally {
      tell({ type: "over", id });
    }
  }

  async function begin(
    { module, useOpenssl, data }: Extract<ToWorker, { type: "start" }>,
  ): Promise<void> {
    try {
      ownModule = module;
      const options = await optionsBy(module, data, places);
      const adapter = await loadAdapter();
      engine = { useOpenssl };
      server = new FtpServer(adapter.platform(engine), options);
      hasTls = options.tls !== undefined;
      tell({ type: "ready" });
    } catch (error) {
      tell({ type: "failed", reason: messageOf(error) });
      process.disconnect?.();
      process.exitCode = 1;
    }
  }

  async function reconfigure(id: number, data: unknown): Promise<void> {
    let reason: string | null = null;
    try {
      const options = await optionsBy(ownModule, data, places);
      server?.reconfigure(options);
      hasTls = options.tls !== undefined;
    } catch (error) {
      reason = messageOf(error);
    }
    tell({ type: "reconfigured", id, reason });
  }

  process.on("message", (message: ToWorker, socket: unknown) => {
    switch (message.type) {
      case "start":
        return void begin(message);
      case "connection": {
        const { id, implicitTls } = message;
        tell({ type: "here", id });
        return void serve(id, implicitTls, socket as NodeSocket | undefined);
      }
      case "placed":
        return places.placed(message.id, message.granted);
      case "who": {
        const sessions = server?.sessions.map(snapshotSession) ?? [];
        return tell({ type: "sessions", sessions });
      }
      case "disconnect":
        return void server?.disconnect(message.id);
      case "taken":
        return places.rates.taken(message);
      case "reload":
        try {
          server?.reloadTls();
        } catch {
          // Each new session logs why, and the old certificate serves.
        }
        return;
      case "reconfigure":
        return void reconfigure(message.id, message.data);
      case "close":
        return void server?.close(message.options).then(() => process.exit(0));
    }
  });
  // Whoever stops the parent at a terminal signals to us as well.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    try {
      process.on(signal, () => {});
    } catch {
      // Not all systems have all signals.
    }
  }
  // Nobody would ever stop us.
  const leave = () => process.exit(server === null ? 1 : 0);
  process.on("disconnect", leave);
  watchParent(leave);
}

/** Deno does not tell that a parent was killed whose messages were all read. */
function watchParent(onGone: () => void): void {
  if (runtimeName() !== "deno") return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) onGone();
  }, PARENT_WATCH_MS);
  watch.unref();
}

run();
