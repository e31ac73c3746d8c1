/**
 * The recorded dialogue: what a client sends, and when it opens a data
 * connection. What the server answers is not in the file: answers are compared
 * between servers, runtimes and transports.
 *
 * A line of the file is one of
 *
 * - `# text`: a comment
 * - `== title`: a new session on a fresh copy of the folder, not logged in
 * - `== title (user)`: the same, logged in as that user
 * - `> text`: sends the text and CRLF, and takes replies up to a final one
 * - `raw text`: sends the text as it is and takes no reply
 * - `reply`: takes one more reply
 * - `flush`: sends SYST and takes everything up to its 215
 * - `data MODE`: asks for a data connection (PASV, EPSV, PORT, EPRT) and
 *   sets it up
 * - `up text`: what the next command that takes data is sent
 * - `close-data`, `reset-data`: ends the client's side before the command
 * - `hold`: the next command leaves the data connection alone: only its first
 *   reply is taken
 * - `receive`: takes the rest of the data of a held command, and its reply
 * - `closed`: the server must end the session
 *
 * In texts `\xNN` is a byte, `\r`, `\n`, `\0` and `\\` are what they look like;
 * everything else is UTF-8.
 */
export interface Session {
  readonly title: string;
  /** Who is logged in before the first step; `null` for nobody. */
  readonly username: string | null;
  readonly steps: readonly Step[];
}

/** How a data connection is asked for. */
export type DialogueDataMode = "PASV" | "EPSV" | "PORT" | "EPRT";

/** One thing that the client does. */
export type Step =
  | { readonly kind: "command"; readonly line: Uint8Array; readonly at: number }
  | { readonly kind: "raw"; readonly bytes: Uint8Array; readonly at: number }
  | {
    readonly kind: "data";
    readonly mode: DialogueDataMode;
    readonly at: number;
  }
  | { readonly kind: "upload"; readonly bytes: Uint8Array; readonly at: number }
  | {
    readonly kind:
      | "reply"
      | "flush"
      | "close-data"
      | "reset-data"
      | "hold"
      | "receive"
      | "closed";
    readonly at: number;
  };

const PLAIN_STEPS = [
  "reply",
  "flush",
  "close-data",
  "reset-data",
  "hold",
  "receive",
  "closed",
] as const;

/**
 * Reads a dialogue file.
 *
 * @throws {SyntaxError} naming the line
 */
export function parseDialogue(text: string): readonly Session[] {
  const sessions: { title: string; username: string | null; steps: Step[] }[] =
    [];
  text.split("\n").forEach((line, index) => {
    const at = index + 1;
    if (line === "" || line.startsWith("#")) return;
    const heading = /^== (.*?)(?: \((\w+)\))?$/.exec(line);
    if (heading) {
      const [, title, username] = heading;
      sessions.push({ title: title!, username: username ?? null, steps: [] });
      return;
    }
    const session = sessions.at(-1);
    if (!session) {
      throw new SyntaxError(`Cannot parse line ${at}: no session yet`);
    }
    session.steps.push(parseStep(line, at));
  });
  return sessions;
}

function parseStep(line: string, at: number): Step {
  if (line === ">") {
    return { kind: "command", line: new Uint8Array(), at };
  }
  if (line.startsWith("> ")) {
    return { kind: "command", line: unescapeText(line.slice(2)), at };
  }
  const space = line.indexOf(" ");
  const word = space < 0 ? line : line.slice(0, space);
  const rest = space < 0 ? "" : line.slice(space + 1);
  if (word === "raw") return { kind: "raw", bytes: unescapeText(rest), at };
  if (word === "up") return { kind: "upload", bytes: unescapeText(rest), at };
  if (word === "data" && /^(PASV|EPSV|PORT|EPRT)$/.test(rest)) {
    return { kind: "data", mode: rest as DialogueDataMode, at };
  }
  const plain = PLAIN_STEPS.find((kind) => kind === line);
  if (plain) return { kind: plain, at };
  throw new SyntaxError(`Cannot parse line ${at}: ${JSON.stringify(line)}`);
}

const SIMPLE: Readonly<Record<string, number>> = {
  r: 13,
  n: 10,
  t: 9,
  0: 0,
  "\\": 92,
};

function unescapeText(text: string): Uint8Array {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const part of text.split(/(\\x[0-9a-f]{2}|\\.)/i)) {
    if (part.startsWith("\\x")) bytes.push(Number.parseInt(part.slice(2), 16));
    else if (part.startsWith("\\")) {
      const byte = SIMPLE[part[1]!];
      if (byte === undefined) {
        throw new SyntaxError(`Cannot read escape ${JSON.stringify(part)}`);
      }
      bytes.push(byte);
    } else bytes.push(...encoder.encode(part));
  }
  return new Uint8Array(bytes);
}
