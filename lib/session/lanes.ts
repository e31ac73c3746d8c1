import type { CommandReader, Incoming } from "./command_reader.ts";

/** What the lanes do with what comes in. */
export interface LaneHost {
  /** Executes it to its end. */
  serve(incoming: Incoming): Promise<void>;
  /** Whether it may be executed while another command waits. */
  mayOvertake(incoming: Incoming): boolean;
  /** More commands came than may wait. */
  overflow(): void;
  /** The client has finished or broke off while a command waited. */
  clientGone(): void;
  /** Whether no further command shall be executed. */
  isOver(): boolean;
}

/**
 * The order of commands. In the serial lane each is executed when the one
 * before is done. While one of them waits, for a transfer to end or for the
 * client's port, those of the interrupt lane overtake it and others are kept.
 */
export class Lanes {
  readonly #reader: CommandReader;
  readonly #host: LaneHost;
  readonly #maxHeld: number;
  readonly #held: Incoming[] = [];

  constructor(reader: CommandReader, maxHeld: number, host: LaneHost) {
    this.#reader = reader;
    this.#maxHeld = maxHeld;
    this.#host = host;
  }

  /** Runs until the session is over or the client gone. */
  async run(): Promise<void> {
    while (!this.#host.isOver()) {
      const held = this.#held.shift();
      const incoming = held ?? await this.#reader.peek();
      if (incoming === null) return;
      if (held === undefined) this.#reader.take();
      await this.#host.serve(incoming);
    }
  }

  /**
   * For a command that waits: resolves when `awaited` has, or when the session
   * is over.
   */
  async meanwhile(awaited: Promise<unknown>): Promise<void> {
    let over = false;
    const end = awaited.then(() => {
      over = true;
      return "over" as const;
    });
    for (;;) {
      const incoming = await Promise.race([end, this.#reader.peek()]);
      if (over || incoming === "over") return;
      if (incoming === null) return this.#host.clientGone();
      this.#reader.take();
      if (this.#host.mayOvertake(incoming)) await this.#host.serve(incoming);
      else if (this.#held.length < this.#maxHeld) this.#held.push(incoming);
      else this.#host.overflow();
      if (this.#host.isOver()) return;
    }
  }
}
