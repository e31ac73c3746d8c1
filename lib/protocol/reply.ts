import type { TextCodec } from "./text_codec.ts";

/** What the server answers to one command (RFC 959 section 4.2). */
export interface Reply {
  /** Three digits. */
  readonly code: number;
  /** The first line. */
  readonly text: string;
  /** The lines between the first and the last one. */
  readonly body?: readonly string[];
  /** The last line; with it the reply has several lines. */
  readonly end?: string;
}

/** Longer messages become a multi-line reply, as pyftpdlib's do. */
const MAX_MESSAGE_LENGTH = 75;

/** A reply of one line. */
export function reply(code: number, text: string): Reply {
  return { code, text };
}

/** A reply of several lines: `text`, the indented `body`, `end`. */
export function replyLines(
  code: number,
  text: string,
  body: readonly string[],
  end: string,
): Reply {
  return { code, text, body, end };
}

/**
 * A message that somebody configured: a banner, a login message. Longer than
 * 75 characters, or with line breaks, it becomes several lines, of which the
 * last one is empty.
 */
export function messageReply(code: number, message: string): Reply {
  if (message.length <= MAX_MESSAGE_LENGTH && !/[\r\n]/.test(message)) {
    return reply(code, message);
  }
  const lines = message.replace(/(?:\r\n|\n|\r)+$/, "").split(/\r\n|\n|\r/);
  const [text = "", ...body] = lines;
  return body.length === 0 && text.length <= MAX_MESSAGE_LENGTH
    ? reply(code, text)
    : replyLines(code, text, body, "");
}

/** The bytes of a reply; CR, LF and NUL inside any text become `?`. */
export function encodeReply(reply: Reply, codec: TextCodec): Uint8Array {
  const { code, text, body, end } = reply;
  if (body === undefined && end === undefined) {
    return codec.encode(`${code} ${clean(text)}\r\n`);
  }
  const first = `${code}-${clean(text)}\r\n`;
  return codec.encode(
    `${first}${bodyText(body ?? [])}${code} ${clean(end ?? "")}\r\n`,
  );
}

/** The first line of a reply that is sent piece by piece. */
export function encodeReplyStart(
  code: number,
  text: string,
  codec: TextCodec,
): Uint8Array {
  return codec.encode(`${code}-${clean(text)}\r\n`);
}

/** Middle lines: a space in front, so that none looks like the last one. */
export function encodeReplyBody(
  lines: readonly string[],
  codec: TextCodec,
): Uint8Array {
  return codec.encode(bodyText(lines));
}

/** The last line of a reply that is sent piece by piece. */
export function encodeReplyEnd(
  code: number,
  text: string,
  codec: TextCodec,
): Uint8Array {
  return codec.encode(`${code} ${clean(text)}\r\n`);
}

function bodyText(lines: readonly string[]): string {
  let text = "";
  for (const line of lines) text += ` ${clean(line)}\r\n`;
  return text;
}

/** A name with a line break in it must not become a line of its own. */
function clean(text: string): string {
  return text.replace(/[\r\n\0]/g, "?");
}
