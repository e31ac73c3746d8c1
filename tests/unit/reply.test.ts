import { describe, expect, test } from "vitest";
import {
  encodeReply,
  encodeReplyBody,
  encodeReplyEnd,
  encodeReplyStart,
  messageReply,
  type Reply,
  reply,
  replyLines,
} from "../../lib/protocol/reply.ts";
import { textCodec } from "../../lib/protocol/text_codec.ts";

const codec = textCodec("utf-8", "preserve");
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const encode = (one: Reply) => text(encodeReply(one, codec));

/** Whether a client that follows RFC 959 section 4.2 sees one reply. */
function isOneReply(wire: string): boolean {
  const lines = wire.split("\r\n");
  if (lines.pop() !== "") return false;
  const last = lines.pop()!;
  const code = last.slice(0, 3);
  if (!/^[0-9]{3} /.test(last)) return false;
  if (lines.some((line) => /[\r\n\0]/.test(line))) return false;
  return lines.every((line, at) =>
    at === 0 ? line.startsWith(`${code}-`) : line.startsWith(" ")
  );
}

describe("encodeReply()", () => {
  test("writes one line", () => {
    expect(encode(reply(200, "Type set to: Binary.")))
      .toBe("200 Type set to: Binary.\r\n");
    expect(encode(reply(220, ""))).toBe("220 \r\n");
  });

  test("indents the lines between the first and the last one", () => {
    expect(encode(replyLines(211, "Features:", ["EPSV", "211 x"], "End")))
      .toBe("211-Features:\r\n EPSV\r\n 211 x\r\n211 End\r\n");
    expect(encode(replyLines(213, "Status", [], "End")))
      .toBe("213-Status\r\n213 End\r\n");
  });

  test("no text can begin a reply of its own", () => {
    const evil = "a\r\n226 Done\0\n";
    for (
      const one of [
        reply(257, evil),
        replyLines(211, evil, [evil, "b"], evil),
        messageReply(230, evil),
      ]
    ) {
      expect(isOneReply(encode(one))).toBe(true);
    }
    expect(encode(reply(257, "x\ny"))).toBe("257 x?y\r\n");
  });

  test("what the encoding lacks becomes a question mark", () => {
    const latin = textCodec("latin-1", "preserve");
    expect([...encodeReply(reply(200, "é€"), latin)])
      .toEqual([...codec.encode("200 "), 0xe9, 0x3f, 0x0d, 0x0a]);
  });
});

describe("messageReply()", () => {
  test("75 characters are one line, 76 are two", () => {
    expect(encode(messageReply(220, "x".repeat(75))))
      .toBe(`220 ${"x".repeat(75)}\r\n`);
    expect(encode(messageReply(220, "x".repeat(76))))
      .toBe(`220-${"x".repeat(76)}\r\n220 \r\n`);
  });

  test("line breaks make a legal reply of several lines", () => {
    expect(encode(messageReply(530, "Multi\nline\r\nand\rmore")))
      .toBe("530-Multi\r\n line\r\n and\r\n more\r\n530 \r\n");
  });

  test("a line break at the end is no line", () => {
    expect(encode(messageReply(230, "Hello\r\n"))).toBe("230 Hello\r\n");
    expect(encode(messageReply(230, ""))).toBe("230 \r\n");
  });
});

test("a reply that is sent in pieces is the same as one sent at once", () => {
  const pieces = text(encodeReplyStart(213, "Status\n", codec)) +
    text(encodeReplyBody(["a", "b\r\n"], codec)) +
    text(encodeReplyBody([], codec)) +
    text(encodeReplyBody(["c"], codec)) +
    text(encodeReplyEnd(213, "End", codec));
  expect(pieces).toBe(
    encode(replyLines(213, "Status\n", ["a", "b\r\n", "c"], "End")),
  );
});
