import { maskCommandLine } from "../protocol/command_line.ts";
import { messageReply, type Reply } from "../protocol/reply.ts";
import type { Account } from "../spi/authorizer.ts";
import type { Connection, Endpoint, TlsInfo } from "../spi/transport.ts";
import type { DataChannel } from "../transfer/data_channel.ts";
import type { SessionState } from "./state.ts";
import type { SessionView, TransferView } from "./view.ts";

/** What a view looks at, and the two things that it can do. */
export interface ViewSource {
  readonly id: number;
  readonly startedAt: number;
  readonly connection: Connection;
  readonly state: SessionState;
  readonly data: DataChannel;
  reply(reply: Reply): void;
  stop(): void;
}

/** The session as it is at the moment of looking. */
export class LiveView implements SessionView {
  readonly #source: ViewSource;

  constructor(source: ViewSource) {
    this.#source = source;
  }

  get id(): number {
    return this.#source.id;
  }

  get remote(): Endpoint {
    return this.#source.connection.remote;
  }

  get local(): Endpoint {
    return this.#source.connection.local;
  }

  get startedAt(): number {
    return this.#source.startedAt;
  }

  get username(): string {
    return this.#source.state.username;
  }

  get account(): Account | null {
    return this.#source.state.account;
  }

  get workingDirectory(): string {
    return this.#source.state.workingDirectory;
  }

  get secure(): boolean {
    return this.#source.connection.tls !== null;
  }

  get tls(): TlsInfo | null {
    return this.#source.connection.tls;
  }

  get command(): string | null {
    const { command } = this.#source.state;
    if (command === null) return null;
    const { verb, argument } = command;
    return maskCommandLine({ verb, typed: verb, argument });
  }

  get commandAt(): number | null {
    return this.#source.state.command?.at ?? null;
  }

  get transfer(): TransferView | null {
    const { transfer } = this.#source.data;
    if (transfer === null) return null;
    const { plan, bytes, totalBytes } = transfer;
    const { command, path } = plan;
    return {
      command,
      path,
      direction: plan.kind === "receive" ? "receive" : "send",
      bytes,
      totalBytes,
      bytesPerSecond: transfer.bytesPerSecond,
      startedAt: transfer.startedAt,
      elapsedMs: transfer.elapsedMs,
    };
  }

  respond(code: number, text: string): void {
    this.#source.reply(messageReply(code, text));
  }

  disconnect(): void {
    this.#source.stop();
  }
}
