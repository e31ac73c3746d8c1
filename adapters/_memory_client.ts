import { concatBytes } from "../lib/base/bytes.ts";
import type { MemoryConnection } from "./_memory_connection.ts";
import type { MemoryTransport } from "./_memory_transport.ts";

const encoder = new TextEncoder();

/**
 * A client for dialogue tests: it sends lines, reads whole replies, and opens
 * data connections in passive mode.
 */
export class MemoryClient {
  /** The client's end of the control connection. */
  readonly control: MemoryConnection;
  readonly #transport: MemoryTransport;
  /** Latin-1, so that a test sees every byte. */
  #unread = "";

  /** Talks over `control`; data connections are dialled on `transport`. */
  constructor(control: MemoryConnection, transport: MemoryTransport) {
    this.control = control;
    this.#transport = transport;
  }

  /** Sends a line, CRLF added, and reads the reply to it. */
  async command(line: string): Promise<string> {
    await this.send(`${line}\r\n`);
    return await this.reply();
  }

  /** Sends text (UTF-8) or bytes as they are. */
  async send(text: string | Uint8Array): Promise<void> {
    await this.control.write(
      typeof text === "string" ? encoder.encode(text) : text,
    );
  }

  /**
   * The next whole reply, its lines joined by LF, without the last CRLF;
   * bytes that are not ASCII as Latin-1.
   *
   * @throws {Error} when the connection ends before it
   */
  async reply(): Promise<string> {
    for (;;) {
      const whole = takeReply(this.#unread);
      if (whole !== null) {
        this.#unread = whole.rest;
        return whole.reply;
      }
      const chunk = await this.control.read();
      if (chunk === null) {
        throw new Error(
          `Cannot read a reply: the server closed behind "${this.#unread}"`,
        );
      }
      this.#unread += latin1(chunk);
    }
  }

  /** What was sent and no `reply()` took, without waiting. */
  get unread(): string {
    return this.#unread;
  }

  /** Whether the server ends the connection without another byte. */
  async isEnded(): Promise<boolean> {
    if (this.#unread !== "") return false;
    try {
      const chunk = await this.control.read();
      if (chunk === null) return true;
      this.#unread += latin1(chunk);
      return false;
    } catch {
      return true;
    }
  }

  /** USER and PASS; the reply to PASS. */
  async logIn(
    username: string = "anonymous",
    password: string = "",
  ): Promise<string> {
    await this.command(`USER ${username}`);
    return await this.command(`PASS ${password}`);
  }

  /** EPSV, and a connection to the port that it names. */
  async passive(from?: string): Promise<MemoryConnection> {
    const reply = await this.command("EPSV");
    const port = Number(/\(\|\|\|(\d+)\|\)/.exec(reply)?.[1]);
    if (Number.isNaN(port)) throw new Error(`Cannot go passive: ${reply}`);
    return await this.#transport.dial({
      hostname: this.control.remote.hostname,
      port,
      ...(from === undefined ? {} : { from }),
    });
  }

  /** Runs a command that sends data; its bytes and its last reply. */
  async download(
    line: string,
  ): Promise<{ readonly bytes: Uint8Array; readonly reply: string }> {
    const data = await this.passive();
    const opening = await this.command(line);
    if (!opening.startsWith("1")) {
      data.close();
      return { bytes: new Uint8Array(0), reply: opening };
    }
    const bytes = await readAll(data);
    data.close();
    return { bytes, reply: await this.reply() };
  }

  /** Runs a command that takes data; its last reply. */
  async upload(line: string, content: string | Uint8Array): Promise<string> {
    const data = await this.passive();
    const opening = await this.command(line);
    if (!opening.startsWith("1")) {
      data.close();
      return opening;
    }
    await data.write(
      typeof content === "string" ? encoder.encode(content) : content,
    );
    await data.closeWrite();
    const reply = await this.reply();
    data.close();
    return reply;
  }

  /** Breaks the control connection off, without QUIT. */
  close(): void {
    this.control.close();
  }
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Everything that arrives until the other end finishes. */
export async function readAll(
  connection: MemoryConnection,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await connection.read();
    if (chunk === null) return concatBytes(chunks);
    chunks.push(new Uint8Array(chunk));
  }
}

/** The first whole reply of a text (RFC 959 section 4.2), or `null`. */
function takeReply(
  text: string,
): { readonly reply: string; readonly rest: string } | null {
  const lines: string[] = [];
  let at = 0;
  for (;;) {
    const end = text.indexOf("\r\n", at);
    if (end === -1) return null;
    const line = text.slice(at, end);
    at = end + 2;
    lines.push(line);
    const code = lines[0]?.slice(0, 3) ?? "";
    const isMultiLine = lines[0]?.[3] === "-";
    if (!isMultiLine || (lines.length > 1 && line.startsWith(`${code} `))) {
      return { reply: lines.join("\n"), rest: text.slice(at) };
    }
  }
}
