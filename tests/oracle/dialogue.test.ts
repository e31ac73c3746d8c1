import { describe, expect, test } from "vitest";
import { compareRecordings, readDialogue } from "./compare.ts";
import { parseDialogue } from "./dialogue.ts";
import { maskText } from "./mask.ts";

describe("parseDialogue()", () => {
  test("reads sessions, users, escapes and every kind of step", () => {
    const [first, second] = parseDialogue(
      [
        "# comment",
        "== plain",
        "> NOOP\\x20\\xff\\r\\n\\0\\\\",
        ">",
        "raw AB",
        "== as user (user)",
        "data EPSV",
        "up \u00fc",
        "hold",
        "receive",
      ].join("\n"),
    );
    expect(first?.username).toBe(null);
    expect(first?.steps).toEqual([
      {
        kind: "command",
        line: new Uint8Array([78, 79, 79, 80, 32, 255, 13, 10, 0, 92]),
        at: 3,
      },
      { kind: "command", line: new Uint8Array(), at: 4 },
      { kind: "raw", bytes: new Uint8Array([65, 66]), at: 5 },
    ]);
    expect(second?.title).toBe("as user");
    expect(second?.username).toBe("user");
    expect(second?.steps.map((step) => step.kind)).toEqual([
      "data",
      "upload",
      "hold",
      "receive",
    ]);
  });

  test("names the line of what it cannot read", () => {
    expect(() => parseDialogue("== x\n? what")).toThrow("line 2");
    expect(() => parseDialogue("> NOOP")).toThrow("line 1");
    expect(() => parseDialogue("== x\n> \\q")).toThrow("escape");
  });

  test("reads the recorded dialogue: at least 500 commands", () => {
    const steps = readDialogue().flatMap((session) => session.steps);
    const commands = steps.filter((step) => step.kind === "command");
    expect(commands.length).toBeGreaterThan(500);
  });
});

describe("compareRecordings()", () => {
  const at = (name: string, text: string) => ({ name, at: 1, text });
  const listed = {
    reason: "one is two",
    count: 1,
    rewrite: (text: string) => text.replace("1", "2"),
  };

  test("finds nothing in equal recordings", () => {
    expect(compareRecordings([at("a", "1")], [at("a", "1")], []))
      .toEqual({ unlisted: [], stale: [] });
  });

  test("accepts a listed difference, word for word", () => {
    expect(compareRecordings([at("a", "1")], [at("a", "2")], [listed]))
      .toEqual({ unlisted: [], stale: [] });
  });

  test("tells an unlisted difference", () => {
    const { unlisted } = compareRecordings([at("a", "1")], [at("a", "2")], []);
    expect(unlisted).toMatchObject([{ at: "a", theirs: "1", ours: "2" }]);
  });

  test("tells an answer that is missing", () => {
    const { unlisted } = compareRecordings([at("a", "1")], [], []);
    expect(unlisted).toMatchObject([{ at: "a", ours: "(missing)" }]);
  });

  test("tells when we answer as they do, or otherwise, against the list", () => {
    for (const answer of ["1", "3"]) {
      const { unlisted } = compareRecordings(
        [at("a", "1")],
        [at("a", answer)],
        [listed],
      );
      expect(unlisted).toMatchObject([{ expected: "2", ours: answer }]);
    }
  });

  test("tells a listed difference that shows more or less often", () => {
    const none = compareRecordings([at("a", "x")], [at("a", "x")], [listed]);
    expect(none.stale).toMatchObject([{ listed: 1, found: 0 }]);
    const twice = compareRecordings(
      [at("a", "1"), at("b", "1")],
      [at("a", "2"), at("b", "2")],
      [listed],
    );
    expect(twice.stale).toMatchObject([{ listed: 1, found: 2 }]);
  });
});

describe("maskText()", () => {
  test("blanks ports, times of now and inodes, and nothing else", () => {
    expect(maskText("227 Entering passive mode (127,0,0,1,4,1)."))
      .toBe("227 Entering passive mode (<host>,<port>).");
    expect(maskText("229 Entering extended passive mode (|||1025|)."))
      .toBe("229 Entering extended passive mode (|||<port>|).");
    expect(maskText("213 20301112131415")).toBe("213 <now>");
    expect(maskText("213 20010203040506")).toBe("213 20010203040506");
    expect(maskText("unique=fe01g2a;")).toBe("unique=<id>;");
    expect(maskText("-rw-r--r--   1 root     root           12 Nov 21 00:01 x"))
      .toBe("-rw-r--r--   1 root     root           12 <now> x");
  });

  test("takes either word for a transfer that starts", () => {
    expect(maskText("125 Data connection already open. Transfer starting."))
      .toBe(maskText("150 File status okay. About to open data connection."));
    expect(maskText("150 Opening.")).toBe("150 Opening.");
  });
});
