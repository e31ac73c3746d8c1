import { describe, expect, test } from "vitest";
import {
  ConfigError,
  type MemoryClient,
  memoryServer,
  settle,
} from "../../adapters/memory.ts";
import { MemoryAuthorizer } from "../../lib/auth/memory_authorizer.ts";
import type { ServerOptions } from "../../lib/server/options.ts";
import { loggedIn } from "./_dialogue.ts";

const TLS = { config: { cert: "cert", key: "key" } };

function base(): ServerOptions {
  return { authorizer: new MemoryAuthorizer() };
}

async function greeting(client: MemoryClient): Promise<string> {
  return (await client.reply()).trim();
}

describe("server.reconfigure()", () => {
  test("holds for sessions that begin; those that run keep theirs", async () => {
    await using stage = await loggedIn({ banner: "old", localTime: false });
    const { server, client, dial } = stage;
    server.reconfigure({ ...base(), banner: "new", maxLineBytes: 20 });
    expect(await greeting(await dial())).toBe("220 new");
    const late = await dial();
    await late.reply();
    expect(await late.command("NOOP " + "x".repeat(30))).toMatch(/^500 /);
    expect(await client.command("CWD " + "x".repeat(30))).toMatch(/^550 /);
    expect(server.sessionCount).toBe(3);
  });

  test("gives options that are left out their defaults again", async () => {
    await using stage = await memoryServer({ banner: "old" });
    stage.server.reconfigure(base());
    expect(await greeting(await stage.dial())).toBe("220 anyftpd ready.");
  });

  test("counts whoever is there against new limits at once", async () => {
    await using stage = await loggedIn();
    const { server, dial } = stage;
    server.reconfigure({ ...base(), maxConnections: 1 });
    expect(await greeting(await dial())).toMatch(/^421 /);
    server.reconfigure({ ...base(), maxConnectionsPerAddress: 1 });
    expect(await greeting(await dial())).toMatch(/^421 /);
    expect(await greeting(await dial("10.0.0.9"))).toMatch(/^220 /);
    server.reconfigure(base());
    expect(await greeting(await dial())).toMatch(/^220 /);
  });

  for (const kind of ["download", "upload"] as const) {
    test(`slows down an ${kind} under way, and lets it go again`, async () => {
      await using stage = await loggedIn();
      const { server, client, clock, files } = stage;
      const size = 4_000_000;
      files.writeFile("/f", new Uint8Array(size));
      await client.command("TYPE I");
      // The other end takes nothing until the rates are there.
      const data = await client.passive();
      const isDownload = kind === "download";
      await client.command(isDownload ? "RETR f" : "STOR g");
      server.reconfigure({
        ...base(),
        downloadRate: 100_000,
        uploadRate: 100_000,
        dataTimeoutMs: 0,
      });
      let moved = 0;
      let over = false;
      const work = (async (): Promise<void> => {
        if (isDownload) {
          for (;;) {
            const chunk = await data.read();
            if (chunk === null) break;
            moved += chunk.length;
          }
        } else {
          const piece = new Uint8Array(10_000);
          while (moved < size) {
            await data.write(piece);
            moved += piece.length;
          }
          await data.closeWrite();
        }
        over = true;
      })();
      for (let step = 0; step < 100; step++) await clock.advance(100);
      // Ten seconds: what was under way before and what fits between, and a
      // million bytes.
      expect(over).toBe(false);
      expect(moved).toBeGreaterThan(900_000);
      expect(moved).toBeLessThan(3_500_000);
      server.reconfigure(base());
      const began = clock.now();
      while (!over) await clock.advance(50);
      await work;
      expect(clock.now() - began).toBeLessThan(1_000);
      expect(await client.reply()).toMatch(/^226 /);
      expect(moved).toBe(size);
    });
  }

  test("changes nothing when an option does not hold", async () => {
    await using stage = await memoryServer({ banner: "old" });
    const { server, dial } = stage;
    const wrong = { ...base(), banner: "new", maxConnections: -1 };
    expect(() => server.reconfigure(wrong)).toThrow(ConfigError);
    expect(await greeting(await dial())).toBe("220 old");
  });

  test("switches TLS off and on, where listeners are opened for it", async () => {
    await using stage = await memoryServer({ tls: TLS });
    const { server, dial } = stage;
    server.reconfigure(base());
    const clear = await dial();
    await clear.reply();
    expect(await clear.command("AUTH TLS")).toMatch(/^500 /);
    server.reconfigure({ ...base(), tls: TLS });
    const secret = await dial();
    await secret.reply();
    expect(await secret.command("AUTH TLS")).toMatch(/^234 /);
  });

  test("refuses TLS where a listener was opened without, and says so", async () => {
    await using stage = await memoryServer();
    const { server } = stage;
    const secret = { ...base(), tls: TLS };
    expect(() => server.reconfigure(secret)).toThrow(
      "Cannot reconfigure: 127.0.0.1:21 was opened without TLS",
    );
    server.stopListening(server.address);
    server.reconfigure(secret);
    const implicit = { hostname: "127.0.0.1", port: 990 };
    await server.listen(implicit, { implicitTls: true });
    expect(() => server.reconfigure(base())).toThrow("for implicit TLS");
    const ccc = { ...TLS, clearCommands: "allowed" } as const;
    expect(() => server.reconfigure({ ...base(), tls: ccc })).toThrow("CCC");
  });

  test("does nothing any more once the server is closed", async () => {
    const { server } = await memoryServer();
    await server.close();
    expect(() => server.reconfigure(base())).toThrow("server is closed");
  });
});

describe("server.stopListening()", () => {
  test("closes one listener and leaves sessions and others alone", async () => {
    await using stage = await loggedIn();
    const { server, transport, client } = stage;
    const second = await server.listen({ hostname: "127.0.0.1", port: 22 });
    const [first] = server.addresses;
    server.stopListening(first);
    await settle();
    expect(server.addresses).toEqual([second]);
    await expect(transport.dial({ hostname: "127.0.0.1", port: 21 }))
      .rejects.toThrow();
    expect(await client.command("NOOP")).toMatch(/^200 /);
    (await transport.dial({ hostname: "127.0.0.1", port: 22 })).close();
  });
});

describe("masqueradeNetworks", () => {
  const options = {
    masqueradeAddress: "203.0.113.1",
    masqueradeNetworks: {
      private: "local",
      "10.9.0.0/16": "203.0.113.9",
      "198.51.100.0/24": "203.0.113.2",
      "198.51.100.7": "203.0.113.3",
    },
  } as const;

  for (
    const [from, shown] of [
      ["127.0.0.1", "127,0,0,1"],
      ["10.0.0.1", "127,0,0,1"],
      ["192.168.7.7", "127,0,0,1"],
      ["10.9.1.1", "203,0,113,9"],
      ["198.51.100.1", "203,0,113,2"],
      ["198.51.100.7", "203,0,113,3"],
      ["8.8.8.8", "203,0,113,1"],
    ] as const
  ) {
    test(`shows ${shown} to a client from ${from}`, async () => {
      await using stage = await memoryServer(options);
      const client = await stage.connect(from);
      await client.logIn();
      expect(await client.command("PASV")).toContain(`(${shown},`);
    });
  }

  test("wins over the address that the client reached", async () => {
    await using stage = await memoryServer({
      masqueradeAddressMap: { "127.0.0.1": "203.0.113.4" },
      masqueradeNetworks: { "10.0.0.0/8": "203.0.113.5" },
    });
    const near = await stage.connect("10.1.1.1");
    await near.logIn();
    expect(await near.command("PASV")).toContain("(203,0,113,5,");
    const far = await stage.connect("8.8.8.8");
    await far.logIn();
    expect(await far.command("PASV")).toContain("(203,0,113,4,");
  });
});
