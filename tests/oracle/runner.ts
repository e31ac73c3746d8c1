import type { DialogueDataMode, Session, Step } from "./dialogue.ts";

/** The client's end of a data connection, as the runner needs it. */
export interface DialogueData {
  /** Everything until the server finished; `null` after a reset. */
  readAll(): Promise<Uint8Array | null>;
  /** Sends all of `bytes` and the end of the stream. */
  end(bytes: Uint8Array): Promise<void>;
  reset(): Promise<void>;
  destroy(): void;
}

/** The client's end of a control connection, as the runner needs it. */
export interface DialogueControl {
  write(bytes: Uint8Array): Promise<void>;
  /**
   * The next reply as Latin-1 text (a byte is a character), its lines joined
   * by `\n`; `null` when the server ended the session instead.
   */
  reply(): Promise<string | null>;
  /**
   * Sends the command that asks for a data connection and takes its reply; no
   * connection when the reply refuses. For PORT and EPRT the connection may
   * come later than the reply.
   */
  openData(
    mode: DialogueDataMode,
  ): Promise<
    { readonly reply: string | null; readonly data: DialogueData | null }
  >;
  /** Ends the session from our side. */
  close(): Promise<void>;
}

/** What a dialogue runs against: a server, however it is reached. */
export interface DialogueIo {
  /** Puts the folder into its first state. */
  reset(): Promise<void>;
  /** A new control connection, before its greeting. */
  openControl(): Promise<DialogueControl>;
}

/** What came back for one step. Texts are Latin-1, not masked. */
export interface Exchange {
  /** `session title: step`, with `#2`, `#3`, … where it occurs again. */
  readonly name: string;
  /** Line of the dialogue file. */
  readonly at: number;
  readonly replies: readonly string[];
  /** What came over the data connection; `null` when there was none. */
  readonly data: string | null;
}

/** Plays every session and returns what the server answered. */
export async function runDialogue(
  sessions: readonly Session[],
  io: DialogueIo,
): Promise<readonly Exchange[]> {
  const exchanges: Exchange[] = [];
  for (const session of sessions) {
    await io.reset();
    const player = new Player(session, await io.openControl());
    exchanges.push(...await player.play());
  }
  return exchanges;
}

class Player {
  readonly #session: Session;
  readonly #control: DialogueControl;
  readonly #exchanges: Exchange[] = [];
  readonly #seen = new Map<string, number>();
  #data: DialogueData | null = null;
  #upload: Uint8Array | null = null;
  #held = false;

  constructor(session: Session, control: DialogueControl) {
    this.#session = session;
    this.#control = control;
  }

  async play(): Promise<readonly Exchange[]> {
    try {
      this.#note("greeting", 0, [await this.#reply()], null);
      const { username, title } = this.#session;
      if (username !== null) await this.#login(username, title);
      for (const step of this.#session.steps) await this.#step(step);
    } catch (error) {
      const last = this.#exchanges.at(-1);
      throw new Error(
        `Cannot play ${this.#session.title} after line ${last?.at}: ${error}`,
        { cause: error },
      );
    } finally {
      this.#data?.destroy();
      await this.#control.close();
    }
    return this.#exchanges;
  }

  async #login(username: string, title: string): Promise<void> {
    for (const line of [`USER ${username}`, "PASS pass"]) {
      await this.#control.write(latin1Bytes(`${line}\r\n`));
      const reply = await this.#reply();
      if (!/^[23]/.test(reply)) {
        throw new Error(`Cannot log in for ${title}: ${reply}`);
      }
    }
  }

  async #step(step: Step): Promise<void> {
    switch (step.kind) {
      case "raw":
        return await this.#control.write(step.bytes);
      case "upload":
        this.#upload = step.bytes;
        return;
      case "hold":
        this.#held = true;
        return;
      case "close-data":
        return await this.#data?.end(new Uint8Array());
      case "reset-data":
        await this.#data?.reset();
        this.#data = null;
        return;
      case "reply":
        return this.#note("reply", step.at, [await this.#reply()], null);
      case "flush":
        return await this.#flush(step.at);
      case "closed":
        return this.#note("closed", step.at, [await this.#reply()], null);
      case "data": {
        this.#data?.destroy();
        const { reply, data } = await this.#control.openData(step.mode);
        this.#data = data;
        return this.#note(step.mode, step.at, [reply ?? "closed"], null);
      }
      case "receive":
        return await this.#move("receive", step.at, []);
      case "command":
        return await this.#command(step.line, step.at);
    }
  }

  async #command(line: Uint8Array, at: number): Promise<void> {
    await this.#control.write(new Uint8Array([...line, 13, 10]));
    const first = await this.#reply();
    const name = latin1Text(line);
    const held = this.#held;
    this.#held = false;
    if (!first.startsWith("1") || held) {
      return this.#note(name, at, [first], null);
    }
    await this.#move(name, at, [first]);
  }

  /** Moves the data of a transfer that has begun, to its final reply. */
  async #move(
    name: string,
    at: number,
    replies: readonly string[],
  ): Promise<void> {
    if (!this.#data) return await this.#giveUp(name, at, replies);
    if (this.#upload) await this.#data.end(this.#upload);
    const bytes = await this.#data.readAll();
    const received = bytes ? latin1Text(bytes) : "(reset)";
    this.#data.destroy();
    this.#data = null;
    this.#upload = null;
    this.#note(name, at, [...replies, await this.#reply()], received);
  }

  /** Ends a transfer that waits for a data connection. */
  async #giveUp(
    name: string,
    at: number,
    replies: readonly string[],
  ): Promise<void> {
    await this.#control.write(latin1Bytes("ABOR\r\n"));
    const answers = [await this.#reply()];
    if (answers[0]!.startsWith("4")) answers.push(await this.#reply());
    this.#note(name, at, [...replies, ...answers], null);
  }

  async #flush(at: number): Promise<void> {
    await this.#control.write(latin1Bytes("SYST\r\n"));
    const replies: string[] = [];
    do replies.push(await this.#reply()); while (
      !/^(215|closed|\(none\))/.test(replies.at(-1)!)
    );
    this.#note("flush", at, replies, null);
  }

  async #reply(): Promise<string> {
    return await this.#control.reply() ?? "closed";
  }

  #note(
    step: string,
    at: number,
    replies: readonly string[],
    data: string | null,
  ): void {
    const base = `${this.#session.title}: ${printable(step)}`;
    const count = (this.#seen.get(base) ?? 0) + 1;
    this.#seen.set(base, count);
    const name = count === 1 ? base : `${base} #${count}`;
    this.#exchanges.push({ name, at, replies, data });
  }
}

/** A byte is a character. */
export function latin1Text(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** A character is a byte. */
export function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function printable(text: string): string {
  const shown = text.replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x1f\x7f-\xff]/g,
    (character) =>
      `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return shown.length > 80 ? `${shown.slice(0, 77)}...` : shown;
}
