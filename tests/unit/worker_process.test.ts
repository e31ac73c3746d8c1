// What the pool's parent says to a worker and hears, with a worker that is none.

import type { ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { FakeClock } from "../../adapters/_fake_clock.ts";
import type { FromWorker, ToWorker } from "../../adapters/_worker_messages.ts";
import { WorkerProcess } from "../../adapters/_worker_process.ts";
import { RateBook } from "../../adapters/_worker_rates.ts";
import { settle } from "../../adapters/memory.ts";

/** A process that hears everything and answers when it is told to. */
class FakeChild extends EventEmitter {
  readonly pid = 1;
  connected = true;
  /** What the next messages fail with. */
  failure: Error | null = null;
  readonly heard: ToWorker[] = [];

  send(message: ToWorker, ...rest: unknown[]): boolean {
    this.heard.push(message);
    const done = rest.at(-1) as (error: Error | null) => void;
    const { failure } = this;
    queueMicrotask(() => done(failure));
    return true;
  }

  kill(): boolean {
    this.end();
    return true;
  }

  end(): void {
    this.connected = false;
    this.emit("exit", null, "SIGKILL");
  }

  /** Numbers of the connections that were handed over. */
  get connections(): readonly number[] {
    return this.heard.flatMap((message) =>
      message.type === "connection" ? [message.id] : []
    );
  }

  get reconfigured(): readonly unknown[] {
    return this.heard.flatMap((message) =>
      message.type === "reconfigure" ? [message.data] : []
    );
  }
}

function start() {
  const clock = new FakeClock();
  const child = new FakeChild();
  /** What happened to connections, in order. */
  const fates: string[] = [];
  const worker = new WorkerProcess({
    module: "x",
    useOpenssl: true,
    data: null,
    host: {
      heard: () => {},
      ended: (ended) => ended.releaseAll(),
    },
    rates: new RateBook(clock),
    clock,
    child: child as unknown as ChildProcess,
  });
  const says = (message: FromWorker) => void child.emit("message", message);
  says({ type: "ready" });
  const socket = () => new Socket();
  return {
    clock,
    child,
    worker,
    fates,
    says,
    handOver(id: number, handed: Socket = socket()): void {
      worker.connections.set(id, () => fates.push(`${id} released`));
      worker.handOver(id, false, handed, () => fates.push(`${id} again`));
    },
  };
}

test("connections are handed over one after the other", () => {
  const { child, says, handOver } = start();
  for (const id of [1, 2, 3]) handOver(id);
  expect(child.connections).toEqual([1]);
  says({ type: "here", id: 1 });
  expect(child.connections).toEqual([1, 2]);
  says({ type: "here", id: 1 }); // Not the one that is under way.
  expect(child.connections).toEqual([1, 2]);
  says({ type: "here", id: 2 });
  says({ type: "here", id: 3 });
  handOver(4);
  expect(child.connections).toEqual([1, 2, 3, 4]);
});

test("of a worker that ends, what was not sent goes to another", () => {
  const { child, worker, fates, says, handOver } = start();
  for (const id of [1, 2, 3, 4]) handOver(id);
  says({ type: "here", id: 1 });
  child.end();
  expect(fates).toEqual(["1 released", "2 released", "3 again", "4 again"]);
  expect(worker.connections.size).toBe(0);
});

test("what comes when the channel is gone goes to another, too", () => {
  const { child, fates, handOver } = start();
  child.connected = false;
  for (const id of [1, 2]) handOver(id);
  expect(child.connections).toEqual([]);
  child.end();
  expect(fates).toEqual(["1 again", "2 again"]);
});

test("one that cannot be sent, or is gone, stops no other", async () => {
  const { child, fates, says, handOver } = start();
  const gone = new Socket();
  handOver(1);
  handOver(2, gone);
  handOver(3);
  gone.destroy();
  child.failure = new Error("the handle cannot be sent");
  says({ type: "here", id: 1 });
  await settle();
  expect(child.connections).toEqual([1, 3]);
  expect(fates).toEqual(["2 released", "3 released"]);
  handOver(4);
  expect(child.connections).toEqual([1, 3, 4]);
});

test("one that does not answer is ended, and holds nobody up", async () => {
  const { clock, child, worker } = start();
  let ended = false;
  child.once("exit", () => ended = true);
  const changed = worker.reconfigure("new");
  await settle();
  expect(child.reconfigured).toEqual(["new"]);
  await clock.advance(29_999);
  expect(ended).toBe(false);
  await clock.advance(1);
  expect(ended).toBe(true);
  await changed;
  expect(clock.pending).toBe(0);
});

test("one that refuses other options says why, and lives on", async () => {
  const { clock, worker, says } = start();
  const changed = worker.reconfigure("new");
  await settle();
  says({ type: "reconfigured", id: 1, reason: "no such folder" });
  await expect(changed).rejects.toThrow("no such folder");
  expect(clock.pending).toBe(0);
});
