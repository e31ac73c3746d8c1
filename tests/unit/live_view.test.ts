import { describe, expect, test } from "vitest";
import { FakeClock, settle } from "../../adapters/_fake_clock.ts";
import { deferred } from "../../lib/base/deferred.ts";
import type { LiveScreen } from "../../lib/cli/host.ts";
import { LiveView } from "../../lib/cli/live_view.ts";
import type { SessionSnapshot } from "../../lib/session/snapshot.ts";

class FakeScreen implements LiveScreen {
  columns = 80;
  rows = 24;
  closed = 0;
  readonly frames: (readonly string[])[] = [];

  width(text: string): number {
    return text.length;
  }

  draw(lines: readonly string[]): void {
    this.frames.push(lines);
  }

  close(): void {
    this.closed++;
  }
}

class Stage {
  readonly clock: FakeClock = new FakeClock();
  readonly screen: FakeScreen = new FakeScreen();
  sessions: readonly SessionSnapshot[] = [];
  /** When sessions were looked at. */
  readonly looks: number[] = [];
  gate: Promise<void> = Promise.resolve();
  readonly view: LiveView = new LiveView({
    screen: this.screen,
    clock: this.clock,
    colour: false,
    unicode: false,
    sessions: async () => {
      this.looks.push(this.clock.now());
      await this.gate;
      return this.sessions;
    },
  });

  async pass(milliseconds: number): Promise<void> {
    await this.clock.advance(milliseconds);
    await settle();
  }
}

const IDLE: SessionSnapshot = {
  id: 1,
  remote: { hostname: "10.0.0.1", port: 1001 },
  local: { hostname: "10.0.0.2", port: 21 },
  startedAt: 0,
  username: "ann",
  loggedIn: true,
  workingDirectory: "/",
  secure: false,
  command: null,
  commandAt: null,
  transfer: null,
};

const BUSY: SessionSnapshot = {
  ...IDLE,
  transfer: {
    command: "RETR",
    path: "/f",
    direction: "send",
    bytes: 5,
    totalBytes: 10,
    bytesPerSecond: 1,
    startedAt: 0,
    elapsedMs: 5_000,
  },
};

describe("LiveView", () => {
  test("does nothing while nobody is connected", async () => {
    const stage = new Stage();
    stage.view.wake();
    await stage.pass(3_600_000);
    expect(stage.looks).toHaveLength(1);
    expect(stage.clock.pending).toBe(0);
    expect(stage.screen.frames).toEqual([]);
  });

  test("looks four times a second during a transfer, else once", async () => {
    const stage = new Stage();
    stage.sessions = [BUSY];
    stage.view.wake();
    await stage.pass(0);
    const start = stage.looks[0]!;
    for (let step = 0; step < 40; step++) await stage.pass(25);
    expect(stage.looks.map((at) => at - start)).toEqual([
      0,
      250,
      500,
      750,
      1000,
    ]);
    stage.sessions = [IDLE];
    stage.looks.length = 0;
    for (let step = 0; step < 120; step++) await stage.pass(25);
    expect(stage.looks.map((at) => at - start)).toEqual([1250, 2250, 3250]);
    stage.view.close();
    expect(stage.clock.pending).toBe(0);
  });

  test("however often it is woken, it looks four times a second", async () => {
    const stage = new Stage();
    for (let step = 0; step < 200; step++) {
      stage.view.wake();
      await stage.pass(5);
    }
    expect(stage.looks.length).toBeLessThanOrEqual(5);
    expect(stage.looks.length).toBeGreaterThanOrEqual(4);
  });

  test("draws nothing that is there already", async () => {
    const stage = new Stage();
    stage.sessions = [BUSY];
    stage.view.wake();
    await stage.pass(0);
    for (let step = 0; step < 8; step++) await stage.pass(250);
    expect(stage.looks.length).toBeGreaterThan(8);
    expect(stage.screen.frames).toHaveLength(1);
    stage.view.redraw();
    await stage.pass(250);
    expect(stage.screen.frames).toHaveLength(2);
    expect(stage.screen.frames[1]).toEqual(stage.screen.frames[0]);
    stage.view.close();
  });

  test("takes the lines away when the last one is gone", async () => {
    const stage = new Stage();
    stage.sessions = [IDLE];
    stage.view.wake();
    await stage.pass(0);
    stage.sessions = [];
    stage.view.wake();
    await stage.pass(250);
    expect(stage.screen.frames.at(-1)).toEqual([]);
    expect(stage.clock.pending).toBe(0);
  });

  test("waits for an answer, and then looks at what came meanwhile", async () => {
    const stage = new Stage();
    const gate = deferred<void>();
    stage.gate = gate.promise;
    stage.view.wake();
    await stage.pass(0);
    stage.view.wake();
    await stage.pass(10_000);
    expect(stage.looks).toHaveLength(1);
    gate.resolve();
    await settle();
    stage.sessions = [IDLE];
    await stage.pass(250);
    expect(stage.looks).toHaveLength(2);
    expect(stage.screen.frames).toHaveLength(1);
    stage.view.close();
  });

  test("after close() it draws no more, whatever is under way", async () => {
    const stage = new Stage();
    const gate = deferred<void>();
    stage.gate = gate.promise;
    stage.sessions = [BUSY];
    stage.view.wake();
    await stage.pass(0);
    stage.view.close();
    stage.view.close();
    gate.resolve();
    stage.view.wake();
    await stage.pass(1_000);
    expect(stage.screen.frames).toEqual([]);
    expect(stage.screen.closed).toBe(1);
    expect(stage.clock.pending).toBe(0);
  });
});
