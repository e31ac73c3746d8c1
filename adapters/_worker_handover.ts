import type { Socket } from "node:net";
import { formatEndpoint } from "../lib/protocol/address.ts";
import { textCodec } from "../lib/protocol/text_codec.ts";
import type { Refusal } from "../lib/server/limits.ts";
import { refusalText, turnAway } from "../lib/server/refusal.ts";
import type { LogLevel } from "../lib/spi/log.ts";
import { Lingering } from "../lib/transfer/linger.ts";
import { endpoint } from "./_endpoint.ts";
import { nodeConnection } from "./_node_connection.ts";
import { systemClock } from "./_system_clock.ts";
import type { PlaceBook } from "./_worker_places.ts";
import type { WorkerProcess } from "./_worker_process.ts";

const CODEC = textCodec("utf-8", "preserve");

/** What decides about a client. */
export interface HandoverParts {
  readonly places: PlaceBook;
  /** Who takes the next one; `null`: nobody can now. */
  idlest(): WorkerProcess | null;
  log(level: LogLevel, text: string): void;
}

/** The way of a client that was accepted to the worker that serves it. */
export class Handover {
  readonly #parts: HandoverParts;
  readonly #lingering = new Lingering(systemClock());
  /** Connections that no worker could take yet. */
  readonly #waiting: (() => void)[] = [];
  #lastId = 0;
  #isClosing = false;

  constructor(parts: HandoverParts) {
    this.#parts = parts;
  }

  /** Gives it to a worker, now or as soon as one can, or turns it away. */
  accept(socket: Socket, implicitTls: boolean): void {
    // An error without a listener ends the program.
    socket.on("error", () => {});
    const { remoteAddress = "", remotePort = 0 } = socket;
    const remote = endpoint(remoteAddress || "0.0.0.0", remotePort);
    const admitted = this.#parts.places.admitControl(remote.hostname);
    if (typeof admitted === "string") {
      const where = formatEndpoint(remote);
      this.#parts.log("warn", `${where} refused: ${refusalText(admitted)}`);
      return this.#refuse(socket, admitted);
    }
    const id = ++this.#lastId;
    const serve = (): void => {
      const worker = this.#parts.idlest();
      if (this.#isClosing) {
        admitted();
        socket.destroy();
      } else if (worker === null) {
        this.#waiting.push(serve);
      } else {
        worker.connections.set(id, admitted);
        worker.handOver(id, implicitTls, socket, serve);
      }
    };
    serve();
  }

  /** Finds workers for those that wait. */
  serveWaiting(): void {
    for (const serve of this.#waiting.splice(0)) serve();
  }

  /** Those that no worker has taken are closed, from now on. */
  close(): void {
    this.#isClosing = true;
    this.serveWaiting();
  }

  /** Those that were turned away have had their time. */
  closeLingering(): void {
    this.#lingering.closeAll();
  }

  #refuse(socket: Socket, why: Refusal): void {
    try {
      const connection = nodeConnection(socket);
      void turnAway(connection, why, CODEC, systemClock(), this.#lingering);
    } catch {
      socket.destroy(); // The client is gone: so much the better.
    }
  }
}
