import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { type FrameLook, liveFrame } from "../../lib/cli/live_frame.ts";
import type { SessionSnapshot } from "../../lib/session/snapshot.ts";
import type { TransferView } from "../../lib/session/view.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const MIB = 1024 * 1024;

const LOOK: FrameLook = {
  columns: 81,
  rows: 24,
  colour: false,
  unicode: true,
  width: stringWidth,
};

function session(
  id: number,
  parts: Partial<SessionSnapshot> = {},
): SessionSnapshot {
  return {
    id,
    remote: { hostname: `10.0.0.${id}`, port: 1000 + id },
    local: { hostname: "10.0.0.100", port: 21 },
    startedAt: NOW - 75_000,
    username: "ann",
    loggedIn: true,
    workingDirectory: "/",
    secure: false,
    command: "CWD films",
    commandAt: NOW - 5_000,
    transfer: null,
    ...parts,
  };
}

function transfer(parts: Partial<TransferView> = {}): TransferView {
  return {
    command: "RETR",
    path: "/films/big.mkv",
    direction: "send",
    bytes: 53 * MIB,
    totalBytes: 100 * MIB,
    bytesPerSecond: 1.5 * MIB,
    startedAt: NOW - 30_000,
    elapsedMs: 30_000,
    ...parts,
  };
}

const BUSY: readonly SessionSnapshot[] = [
  session(1),
  session(2, {
    username: "bob",
    transfer: transfer({
      command: "STOR",
      direction: "receive",
      path: "/a.bin",
      totalBytes: null,
      startedAt: NOW - 10_000,
    }),
  }),
  session(3, { transfer: transfer() }),
  session(4, { loggedIn: false, command: null, commandAt: null }),
  session(5, {
    transfer: transfer({
      command: "LIST",
      path: "/films",
      bytes: 900,
      totalBytes: null,
      bytesPerSecond: 0,
      startedAt: NOW,
    }),
  }),
];

describe("liveFrame()", () => {
  test("is nothing while nobody is connected", () => {
    expect(liveFrame([], NOW, LOOK)).toEqual([]);
  });

  test("sums up, then shows transfers, then who is idle", () => {
    expect(liveFrame(BUSY, NOW, LOOK)).toEqual([
      "── 5 sessions  3 transfers  ↓ 1.5 MiB/s  ↑ 1.5 MiB/s " +
      "─".repeat(27),
      "↓ ann@10.0.0.3             /films/big.mkv   ██████░░░░░░  53%  1.5 MiB/s" +
      "    0:31",
      "↑ bob@10.0.0.2             /a.bin                              1.5 MiB/s" +
      "        ",
      "↓ ann@10.0.0.5             LIST /films                             0 B/s" +
      "        ",
      "  ann@10.0.0.1             CWD films                                " +
      "   idle 0:05",
      "  10.0.0.4                 connected                                " +
      "   idle 1:15",
    ]);
  });

  test("shows bytes too where there is room, and less where there is not", () => {
    const [, , only] = BUSY;
    const line = (columns: number): string =>
      liveFrame([only!], NOW, { ...LOOK, columns })[1]!;
    expect([110, 73, 61, 45, 30, 12, 2].map(line)).toEqual([
      "↓ ann@10.0.0.3             /films/big.mkv                      " +
      " ██████░░░░░░  53% 53.0 MiB  1.5 MiB/s    0:31",
      "↓ ann@10.0.0.3          …ms/big.mkv ██████░░░░░░  53%  1.5 MiB/s    0:31",
      "↓ ann@10.0.0.3       /films/big.mkv   53%  1.5 MiB/s    0:31",
      "↓ ann@10.0.0.3  …lms/big.mkv  53%  1.5 MiB/s",
      "↓ ann@10.… …ilms/big.mkv  53%",
      "↓ an…   53%",
      "…",
    ]);
  });

  test("no line is wider than the terminal, whatever names there are", () => {
    const wide = "漢字".repeat(40);
    const flags = "👩‍👩‍👧‍👦🇩🇪e\u0301".repeat(30);
    for (let columns = 1; columns < 140; columns++) {
      for (const name of [wide, flags, "x".repeat(300), ""]) {
        const lines = liveFrame(
          [
            session(1, { username: name, command: `CWD ${name}` }),
            session(2, {
              username: name,
              transfer: transfer({ path: `/${name}` }),
            }),
            session(3, { transfer: transfer({ bytesPerSecond: 2 ** 53 }) }),
          ],
          NOW,
          { ...LOOK, columns },
        );
        for (const line of lines) {
          expect(stringWidth(line)).toBeLessThan(columns);
        }
      }
    }
  });

  test("takes half of the rows at most, and counts who is not shown", () => {
    const many = Array.from({ length: 40 }, (_, at) => session(at + 1));
    for (let rows = 0; rows < 100; rows++) {
      const lines = liveFrame(many, NOW, { ...LOOK, rows });
      expect(lines.length).toBeLessThanOrEqual(Math.max(0, rows / 2));
    }
    const lines = liveFrame(many, NOW, { ...LOOK, rows: 10 });
    expect(lines).toHaveLength(5);
    expect(lines.at(-1)).toBe("  and 37 more sessions");
    expect(liveFrame(many.slice(0, 4), NOW, { ...LOOK, rows: 10 }).at(-1))
      .toContain("10.0.0.4");
  });

  test("names cannot move the cursor or turn the text around", () => {
    const evil = "a\x1b[2J\r\n\x07\x9b31m\u202eb\udc80";
    const lines = liveFrame(
      [
        session(1, { username: evil }),
        session(2, {
          username: evil,
          transfer: transfer({ path: `/${evil}` }),
        }),
        session(3, {
          transfer: transfer({ command: `X${evil}`, totalBytes: null }),
        }),
      ],
      NOW,
      { ...LOOK, columns: 200 },
    );
    for (const line of lines) {
      expect(line).not.toMatch(/[\p{Cc}\p{Surrogate}\u202e]/u);
    }
    expect(lines[1]).toContain("/a\\x1b[2J\\x0d\\x0a");
  });

  test("a terminal that shows ASCII only is given no more", () => {
    const lines = liveFrame(BUSY, NOW, { ...LOOK, unicode: false });
    expect(lines.join("")).toMatch(/^[ -~]*$/);
    expect(lines[1]).toContain("######......  53%");
  });

  test("colours take no room, and are there when they are asked for", () => {
    const plain = liveFrame(BUSY, NOW, LOOK);
    const coloured = liveFrame(BUSY, NOW, { ...LOOK, colour: true });
    expect(coloured.map((line) => stripVTControlCharacters(line)))
      .toEqual(plain);
    expect(coloured[0]).toBe(`\x1b[2m${plain[0]}\x1b[0m`);
    expect(coloured[1]).toContain("\x1b[36m ██████░░░░░░\x1b[0m");
  });

  test("a bar is full at the end, and of an empty file at once", () => {
    const bar = (bytes: number, totalBytes: number): string =>
      liveFrame(
        [session(1, { transfer: transfer({ bytes, totalBytes }) })],
        NOW,
        LOOK,
      )[1]!.replace(/.*mkv +| +\d+\.\d MiB.*/g, "");
    expect(bar(0, 10)).toBe("░░░░░░░░░░░░   0%");
    expect(bar(9_999, 10_000)).toBe("███████████░  99%");
    expect(bar(10_000, 10_000)).toBe("████████████ 100%");
    expect(bar(0, 0)).toBe("████████████ 100%");
    expect(bar(11, 10), "more than was announced").not.toMatch(/[█░%]/);
  });
});
