import { describe, expect, test } from "vitest";
import {
  ConfigError,
  FtpServer,
  MemoryAuthorizer,
  MemoryClient,
  memoryPlatform,
  TransportError,
} from "../../adapters/memory.ts";
import { deferred } from "../../lib/base/deferred.ts";
import type { Connection, Listener } from "../../lib/spi/transport.ts";
import { guarded } from "./_guarded.ts";

const localhost = "127.0.0.1";

describe("listen()", () => {
  test("answers the address that is bound", () =>
    guarded({}, async ({ server }) => {
      const bound = await server.listen({ hostname: localhost, port: 0 });
      expect(bound.hostname).toBe(localhost);
      expect(bound.port).toBeGreaterThan(1023);
      expect(server.addresses).toEqual([
        { hostname: localhost, port: 21 },
        bound,
      ]);
      expect(server.address).toEqual({ hostname: localhost, port: 21 });
    }));

  test("rejects with the transport's error", () =>
    guarded({}, async ({ server }) => {
      const again = server.listen({ hostname: localhost, port: 21 });
      await expect(again).rejects.toThrow(TransportError);
      await expect(again).rejects.toMatchObject({ code: "address-in-use" });
      expect(server.addresses).toHaveLength(1);
    }));

  test.each([-1, 65_536, 70_000, 1.5, NaN])(
    "refuses port %s",
    (port) =>
      guarded({}, async ({ server }) => {
        const refused = server.listen({ hostname: localhost, port });
        await expect(refused).rejects.toThrow(ConfigError);
        await expect(refused).rejects.toThrow(
          `Cannot listen on port ${port}: must be from 0 to 65535`,
        );
      }),
  );

  test("takes over a listener of the host's own", () =>
    guarded({}, async ({ server, transport }) => {
      const listener = await transport.listen({
        hostname: localhost,
        port: 99,
      });
      expect(await server.listen(listener)).toEqual(listener.local);
      const control = await transport.dial({ hostname: localhost, port: 99 });
      const client = new MemoryClient(control, transport);
      expect(await client.reply()).toMatch(/^220 /);
    }));

  test("is refused once the server closes, also half-way", () =>
    guarded({}, async ({ server }) => {
      const halfway = server.listen({ hostname: localhost, port: 0 });
      await Promise.all([
        server.close(),
        expect(halfway).rejects.toThrow("Cannot listen: server is closed"),
      ]);
      await expect(server.listen({ hostname: localhost, port: 0 })).rejects
        .toThrow("Cannot listen: server is closed");
      expect(() => server.address).toThrow(ConfigError);
    }));
});

test("stopListening() keeps sessions and lets nobody else in", () =>
  guarded({}, async ({ server, enter, dial }) => {
    const client = await enter();
    server.stopListening();
    server.stopListening();
    await expect(dial()).rejects.toMatchObject({ code: "refused" });
    expect(await client.upload("STOR f", "x")).toMatch(/^226 /);
  }));

describe("handle()", () => {
  test("serves a connection of the host's own until it is over", () =>
    guarded({}, async ({ server, transport, settle }) => {
      const listener = await transport.listen({
        hostname: localhost,
        port: 99,
      });
      const control = await transport.dial({ hostname: localhost, port: 99 });
      const accepted = await listener.accept();
      listener.close();
      let over = false;
      void server.handle(accepted!).then(() => over = true);
      const client = new MemoryClient(control, transport);
      expect(await client.reply()).toMatch(/^220 /);
      expect(server.sessionCount).toBe(1);
      expect(over).toBe(false);
      await client.command("QUIT");
      client.close();
      await settle();
      expect(over).toBe(true);
      expect(server.sessionCount).toBe(0);
    }));

  test("counts it with the others", () =>
    guarded({ maxConnections: 1 }, async ({ server, transport, connect }) => {
      await connect();
      const listener = await transport.listen({
        hostname: localhost,
        port: 99,
      });
      const control = await transport.dial({ hostname: localhost, port: 99 });
      const handled = server.handle((await listener.accept())!);
      listener.close();
      const client = new MemoryClient(control, transport);
      expect(await client.reply()).toMatch(/^421 /);
      client.close();
      await handled;
    }));

  test("closes it when the server is closed", () =>
    guarded({}, async ({ server, transport }) => {
      const listener = await transport.listen({
        hostname: localhost,
        port: 99,
      });
      const control = await transport.dial({ hostname: localhost, port: 99 });
      const accepted = await listener.accept();
      listener.close();
      await server.close();
      await server.handle(accepted!);
      expect(await control.read()).toBe(null);
    }));
});

/** A listener whose `accept()` does as a test says. */
class ScriptedListener implements Listener {
  readonly local = { hostname: localhost, port: 21 };
  readonly #steps: (() => Promise<Connection | null>)[] = [];
  #waiter = deferred<void>();
  closed = false;

  next(step: () => Promise<Connection | null>): void {
    this.#steps.push(step);
    this.#waiter.resolve();
  }

  async accept(): Promise<Connection | null> {
    while (this.#steps.length === 0) {
      if (this.closed) return null;
      await this.#waiter.promise;
      this.#waiter = deferred();
    }
    return await this.#steps.shift()!();
  }

  close(): void {
    this.closed = true;
    this.#waiter.resolve();
  }
}

describe("an accept that fails", () => {
  const broken = () =>
    Promise.reject(new Error("Cannot accept: too many open files"));

  test("is logged, and the next one is tried a moment later", () =>
    guarded({}, async ({ server, transport, messages, clock, settle }) => {
      const listener = new ScriptedListener();
      await server.listen(listener);
      listener.next(broken);
      const inner = await transport.listen({ hostname: localhost, port: 99 });
      listener.next(() => inner.accept());
      const control = await transport.dial({ hostname: localhost, port: 99 });
      const client = new MemoryClient(control, transport);
      await settle();
      expect(messages("error")).toEqual([
        "Cannot accept on 127.0.0.1:21: Cannot accept: too many open files",
      ]);
      expect(control.unread).toBe(0);
      await clock.advance(100);
      expect(await client.reply()).toMatch(/^220 /);
      inner.close();
    }));

  test("does not hold close() up", () =>
    guarded({}, async ({ server, clock, settle }) => {
      const listener = new ScriptedListener();
      await server.listen(listener);
      listener.next(broken);
      await settle();
      let closed = false;
      void server.close().then(() => closed = true);
      await settle();
      expect(closed).toBe(true);
      expect(clock.pending).toBe(0);
    }));
});

describe("a client that breaks off", () => {
  test("at once, ten times and ten times on a passive port, costs nothing", () =>
    guarded({}, async ({ enter, dial, server, transport, settle }) => {
      for (let times = 0; times < 10; times++) {
        (await dial()).control.reset();
        (await dial()).close();
      }
      await settle();
      expect(server.sessionCount).toBe(0);
      const client = await enter();
      for (let times = 0; times < 10; times++) {
        (await client.passive()).reset();
        await settle();
        expect(await client.command("LIST"))
          .toBe("425 Data connection closed; open a new one.");
      }
      expect(transport.openConnections).toBe(1);
    }));

  test("while it waits for its login frees its place", () =>
    guarded({}, async ({ connect, server, settle }) => {
      const client = await connect();
      await client.command("USER alice");
      client.control.reset();
      await settle();
      expect(server.sessionCount).toBe(0);
    }));

  test("in a transfer leaves the others alone", () =>
    guarded({}, async ({ enter, settle, files }) => {
      const [one, two] = [await enter(), await enter()];
      const data = await one.passive();
      await one.command("STOR one");
      await data.write(new Uint8Array(5));
      const upload = await two.passive();
      await two.command("STOR two");
      one.control.reset();
      data.reset();
      await settle();
      await upload.write(new Uint8Array(7));
      await upload.closeWrite();
      expect(await two.reply()).toBe("226 Transfer complete.");
      expect(files.readFile("/two")).toHaveLength(7);
    }));
});

test("a server that never listened closes", async () => {
  const platform = memoryPlatform();
  const authorizer = new MemoryAuthorizer();
  const server = new FtpServer(platform, { authorizer });
  await server.close();
  expect(platform.clock.pending).toBe(0);
});
