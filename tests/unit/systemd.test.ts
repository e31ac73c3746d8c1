import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { afterEach, describe, expect, test } from "vitest";
import { notifySocket, socketAddress } from "../../adapters/_notify_socket.ts";
import { inheritedSockets, watchdogMs } from "../../adapters/_systemd.ts";
import { FakeClock } from "../../adapters/_fake_clock.ts";
import { superviseBy } from "../../lib/cli/supervise.ts";
import { TemporaryFolder, until } from "../support/files.ts";
import { FakeCliHost } from "./cli_fake_host.ts";

describe("inheritedSockets()", () => {
  const env = {
    LISTEN_FDS: "3",
    LISTEN_PID: "7",
    LISTEN_FDNAMES: "ftp:ftps",
  };

  test("numbers them from 3 on, with their names", () => {
    expect(inheritedSockets(env, 7)).toEqual([
      { descriptor: 3, name: "ftp" },
      { descriptor: 4, name: "ftps" },
      { descriptor: 5, name: "" },
    ]);
  });

  test("takes none that are another process's", () => {
    expect(inheritedSockets(env, 8)).toEqual([]);
    expect(inheritedSockets({ LISTEN_FDS: "1" }, 7)).toEqual([]);
    expect(inheritedSockets({ ...env, LISTEN_FDS: "x" }, 7)).toEqual([]);
    expect(inheritedSockets({}, 7)).toEqual([]);
  });
});

describe("watchdogMs()", () => {
  for (
    const [env, expected] of [
      [{}, 0],
      [{ WATCHDOG_USEC: "1500000" }, 1500],
      [{ WATCHDOG_USEC: "1500000", WATCHDOG_PID: "7" }, 1500],
      [{ WATCHDOG_USEC: "1500000", WATCHDOG_PID: "8" }, 0],
      [{ WATCHDOG_USEC: "x" }, 0],
    ] as const
  ) {
    test(`of ${JSON.stringify(env)} is ${expected}`, () => {
      expect(watchdogMs(env, 7)).toBe(expected);
    });
  }
});

describe("superviseBy()", () => {
  test("feeds the watchdog twice in its time, until the end", async () => {
    const host = new FakeCliHost();
    const told: string[] = [];
    host.supervisor = {
      sockets: [],
      watchdogMs: 1000,
      notify: (state) => told.push(state),
    };
    const supervised = superviseBy(host);
    supervised.ready();
    await host.clock.advance(2_000);
    supervised.end();
    await host.clock.advance(2_000);
    expect(told).toEqual(["READY=1", ...Array(4).fill("WATCHDOG=1")]);
  });

  test("does nothing when nobody listens", async () => {
    const host = new FakeCliHost();
    expect(host.clock).toBeInstanceOf(FakeClock);
    const supervised = superviseBy(host);
    supervised.ready();
    supervised.end();
    await host.clock.advance(1_000);
  });
});

describe("socketAddress()", () => {
  test("is a family and a path, or a zero byte and a name", () => {
    const text = (bytes: Uint8Array | null): string =>
      String.fromCharCode(...bytes!);
    expect(text(socketAddress("/run/n"))).toBe("\x01\x00/run/n");
    expect(text(socketAddress("@abc"))).toBe("\x01\x00\x00abc");
  });

  test("has no room for more than the system takes", () => {
    expect(socketAddress(`/${"x".repeat(107)}`)).toHaveLength(110);
    expect(socketAddress(`/${"x".repeat(108)}`)).toBeNull();
  });
});

describe("notifySocket() without the C library", () => {
  let folder: TemporaryFolder | null = null;
  const { PATH } = process.env;

  afterEach(() => {
    process.env.PATH = PATH;
    folder?.remove();
    folder = null;
  });

  test("asks systemd-notify, in the name of this process", async () => {
    folder = new TemporaryFolder();
    const program = folder.at("systemd-notify");
    const said = folder.at("said");
    writeFileSync(
      program,
      `#!/bin/sh\necho "$@" >> ${said}.$$\n` +
        `mv ${said}.$$ ${said}\n`,
    );
    chmodSync(program, 0o755);
    process.env.PATH = `${folder.path}:${PATH}`;
    const notify = notifySocket("/nowhere", () => null);
    for (
      const [state, words] of [
        ["READY=1", "READY=1"],
        ["RELOADING=1", "--reloading"],
      ] as const
    ) {
      notify(state);
      await until(
        "it was told",
        () => existsSync(said) && readFileSync(said, "utf8").includes(words),
      );
      expect(readFileSync(said, "utf8")).toBe(
        `--pid=${process.pid} ${words}\n`,
      );
    }
  });

  test("goes on without that program, too", () => {
    process.env.PATH = "/nowhere";
    const notify = notifySocket("/nowhere", () => {
      throw new Error("no library");
    });
    notify("READY=1");
    notify("STOPPING=1");
  });
});
