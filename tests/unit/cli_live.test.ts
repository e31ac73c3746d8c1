import { expect, test } from "vitest";
import type { LiveScreen } from "../../lib/cli/host.ts";
import { connectClient, FakeCliHost } from "./cli_fake_host.ts";

/** A host at a terminal that has room for a view. */
class TerminalHost extends FakeCliHost {
  opened = 0;
  closed = 0;
  lost: () => void = () => {};
  readonly frames: (readonly string[])[] = [];
  override openScreen = (lost: () => void): Promise<LiveScreen> => {
    this.opened++;
    this.lost = lost;
    return Promise.resolve({
      columns: 80,
      rows: 24,
      width: (text: string) => text.length,
      draw: (lines: readonly string[]) => void this.frames.push(lines),
      close: () => void this.closed++,
    });
  };

  constructor() {
    super();
    this.stderr.isTerminal = true;
  }

  async stop(exit: Promise<number>): Promise<void> {
    this.signal("SIGTERM");
    await this.clock.advance(10_000);
    expect(await exit).toBe(0);
  }
}

test.each(["", "-D"])(
  "'%s': whoever connects is seen, and no more after the end",
  async (line) => {
    const host = new TerminalHost();
    const { exit } = await host.start(line);
    expect(host.opened).toBe(1);
    await host.clock.advance(250);
    expect(host.frames).toEqual([]);
    const client = await connectClient(host);
    await client.reply();
    await host.clock.advance(250);
    expect(host.frames.at(-1)?.join("\n")).toContain("── 1 session ");
    client.close();
    expect(host.closed).toBe(0);
    await host.stop(exit);
    expect(host.closed).toBe(1);
  },
);

test("a screen that was lost is drawn again", async () => {
  const host = new TerminalHost();
  const { exit } = await host.start("");
  const client = await connectClient(host);
  await client.reply();
  await host.clock.advance(250);
  const count = host.frames.length;
  host.lost();
  await host.clock.advance(250);
  expect(host.frames.length).toBe(count + 1);
  client.close();
  await host.stop(exit);
});

test.each([
  ["--no-live", {}, true],
  ["--json", {}, true],
  ["--quiet", {}, true],
  ["", { TERM: "dumb" }, true],
  ["", {}, false],
])(
  "'%s' with %o at a terminal (%s) opens none",
  async (line, env, terminal) => {
    const host = new TerminalHost();
    host.stderr.isTerminal = terminal;
    Object.assign(host.env, env);
    const { exit } = await host.start(line);
    expect(host.opened).toBe(0);
    await host.stop(exit);
  },
);

test.each([
  [{}, true, true],
  [{ LANG: "de_DE.UTF-8" }, true, true],
  [{ LANG: "C.UTF-8", LC_ALL: "C" }, false, true],
  [{ LANG: "en_US.ISO-8859-1" }, false, true],
  [{ NO_COLOR: "1" }, true, false],
])("%o: more than ASCII %s, colours %s", async (env, unicode, colour) => {
  const host = new TerminalHost();
  Object.assign(host.env, env);
  const { exit } = await host.start("");
  const client = await connectClient(host);
  await client.reply();
  await host.clock.advance(250);
  const text = host.frames.at(-1)!.join("\n");
  expect(text.includes("──")).toBe(unicode);
  expect(text.includes("\x1b[")).toBe(colour);
  client.close();
  await host.stop(exit);
});
