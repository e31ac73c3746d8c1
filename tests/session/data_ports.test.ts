import { describe, expect, test } from "vitest";
import type { MemoryClient } from "../../adapters/memory.ts";
import type { Listener } from "../../lib/spi/transport.ts";
import { type Guarded, guarded } from "./_guarded.ts";

/** The address and port of a 227 or 229 reply. */
function shown(
  reply: string,
): { readonly host: string; readonly port: number } {
  const extended = /^229 .*\(\|\|\|(\d+)\|\)/.exec(reply);
  if (extended !== null) return { host: "", port: Number(extended[1]) };
  const numbers = /^227 Entering passive mode \((.*)\)\.$/.exec(reply)?.[1]
    ?.split(",").map(Number) ?? [];
  const [high = 0, low = 0] = numbers.slice(4);
  return { host: numbers.slice(0, 4).join("."), port: high * 256 + low };
}

async function portOf(client: MemoryClient): Promise<number> {
  return shown(await client.command("PASV")).port;
}

/** A port on which a client waits for the server, and the PORT for it. */
async function waitFor(
  { transport }: Guarded,
  hostname: string = "127.0.0.1",
): Promise<{ readonly listener: Listener; readonly command: string }> {
  const listener = await transport.listen({ hostname, port: 0 });
  const { port } = listener.local;
  const numbers = hostname.replaceAll(".", ",");
  const command = `PORT ${numbers},${port >> 8},${port & 255}`;
  return { listener, command };
}

describe("passivePorts", () => {
  const passivePorts = { from: 50_000, to: 50_002 };

  test("are used up one by one, then the system chooses, with a warning", () =>
    guarded({ passivePorts }, async ({ enter, messages }) => {
      const ports: number[] = [];
      for (let count = 0; count < 3; count++) {
        ports.push(await portOf(await enter()));
      }
      expect(ports.sort()).toEqual([50_000, 50_001, 50_002]);
      expect(messages("warn")).toEqual([]);
      const fourth = await portOf(await enter());
      expect(fourth).not.toBe(0);
      expect(ports).not.toContain(fourth);
      expect(messages("warn")).toEqual([
        "Can't find a valid passive port in the configured range. " +
        "A random kernel-assigned port will be used.",
      ]);
    }));

  test("are given back by the next PASV, by QUIT and by a lost client", () =>
    guarded({ passivePorts: [50_000] }, async ({ enter, settle }) => {
      const first = await enter();
      expect(await portOf(first)).toBe(50_000);
      expect(await portOf(first)).toBe(50_000);
      await first.command("QUIT");
      const second = await enter();
      expect(await portOf(second)).toBe(50_000);
      second.control.reset();
      await settle();
      expect(await portOf(await enter())).toBe(50_000);
    }));

  test("that others have are passed over", () =>
    guarded({ passivePorts }, async ({ enter, transport }) => {
      const taken = [50_000, 50_002];
      const listeners = await Promise.all(
        taken.map((port) => transport.listen({ hostname: "127.0.0.1", port })),
      );
      expect(await portOf(await enter())).toBe(50_001);
      for (const listener of listeners) listener.close();
    }));

  test("that others have had may be used later", () =>
    guarded({ passivePorts: [50_000] }, async ({ enter, transport }) => {
      const hostname = "127.0.0.1";
      const other = await transport.listen({ hostname, port: 50_000 });
      const client = await enter();
      expect(await portOf(client)).not.toBe(50_000);
      other.close();
      expect(await portOf(client)).toBe(50_000);
    }));

  test("that may not be used are passed over, said at debug only", () =>
    guarded({ passivePorts, logLevel: "debug" }, async (guard) => {
      const { enter, transport, messages } = guard;
      transport.forbiddenPorts.add(50_000).add(50_001);
      for (let times = 0; times < 5; times++) {
        expect(await portOf(await enter())).toBe(50_002);
        await guard.server.sessions.at(-1)?.disconnect();
        await guard.settle();
      }
      expect(messages("debug")).toContain(
        "Cannot use passive port 50000: not permitted",
      );
      expect(messages("warn")).toEqual([]);
    }));

  test("never lead to the wildcard address when none may be used", () =>
    guarded({ passivePorts: [50_000] }, async ({ enter, transport }) => {
      transport.forbiddenPorts.add(50_000);
      const hosts: string[] = [];
      const listen = transport.listen.bind(transport);
      transport.listen = (options) => {
        hosts.push(options.hostname);
        return listen(options);
      };
      expect(await portOf(await enter())).not.toBe(50_000);
      expect(hosts).toEqual(["127.0.0.1", "127.0.0.1"]);
    }));
});

describe("masqueradeAddress", () => {
  test("is what 227 shows", () =>
    guarded({ masqueradeAddress: "198.51.100.7" }, async ({ enter }) => {
      const client = await enter();
      expect(shown(await client.command("PASV")).host).toBe("198.51.100.7");
      expect(await client.command("EPSV")).toMatch(
        /^229 Entering extended passive mode \(\|\|\|\d+\|\)\.$/,
      );
    }));

  test("gives way to the map", () =>
    guarded({
      masqueradeAddress: "198.51.100.7",
      masqueradeAddressMap: { "127.0.0.1": "198.51.100.8" },
    }, async ({ enter }) => {
      const client = await enter();
      expect(shown(await client.command("PASV")).host).toBe("198.51.100.8");
    }));

  test("map alone leaves other addresses as they are", () =>
    guarded({ masqueradeAddressMap: { "10.0.0.1": "198.51.100.8" } }, async ({
      enter,
    }) => {
      const client = await enter();
      expect(shown(await client.command("PASV")).host).toBe("127.0.0.1");
    }));
});

describe("permitForeignAddresses", () => {
  test("off: PORT and EPRT to another address are refused", () =>
    guarded({}, async (guard) => {
      const client = await guard.enter();
      const text =
        "501 Rejected data connection to foreign address 10.0.0.1:5000.";
      expect(await client.command("PORT 10,0,0,1,19,136")).toBe(text);
      expect(await client.command("EPRT |1|10.0.0.1|5000|")).toBe(text);
      expect(guard.messages("warn")).toEqual([text.slice(4), text.slice(4)]);
    }));

  test("on: PORT may name another address", () =>
    guarded({ permitForeignAddresses: true }, async (guard) => {
      const { listener, command } = await waitFor(guard, "10.0.0.1");
      const client = await guard.enter();
      expect(await client.command(command))
        .toBe("200 Active data connection established.");
      const data = await listener.accept();
      expect(data?.remote.hostname).toBe("127.0.0.1");
      data?.close();
      listener.close();
    }));

  test("off: a stranger on the passive port is refused, the client served", () =>
    guarded({}, async (guard) => {
      guard.files.writeFile("/f", "x");
      const client = await guard.enter();
      const port = await portOf(client);
      for (let strangers = 0; strangers < 3; strangers++) {
        const stranger = await guard.transport.dial({
          hostname: "127.0.0.1",
          port,
          from: { hostname: "10.0.0.66", port: 4000 + strangers },
        });
        expect(await stranger.read()).toBe(null);
      }
      const text = "425 Rejected data connection from foreign address " +
        "10.0.0.66:4000.";
      expect(await client.reply()).toBe(text);
      expect(guard.messages("warn")[0]).toBe(text.slice(4));
      expect(guard.messages("warn")).toHaveLength(3);
      const data = await guard.transport.dial({ hostname: "127.0.0.1", port });
      expect(await client.command("RETR f")).toMatch(/^125 /);
      expect(await client.reply()).toBe("226 Transfer complete.");
      data.close();
    }));

  test("on: anybody may use the passive port, with a warning", () =>
    guarded({ permitForeignAddresses: true }, async (guard) => {
      guard.files.writeFile("/f", "x");
      const client = await guard.enter();
      const data = await client.passive("10.0.0.66");
      expect(await client.command("RETR f")).toMatch(/^125 /);
      expect(await client.reply()).toBe("226 Transfer complete.");
      expect(guard.messages("warn").join()).toMatch(
        /^Established data connection with foreign 10\.0\.0\.66:\d+\.$/,
      );
      data.close();
    }));
});

describe("permitPrivilegedPorts", () => {
  test("off: ports below 1024 are refused", () =>
    guarded({}, async ({ enter, messages }) => {
      const client = await enter();
      for (const [command, port] of [["3,255", 1023], ["0,0", 0]] as const) {
        expect(await client.command(`PORT 127,0,0,1,${command}`))
          .toBe(`501 PORT against the privileged port "${port}" refused.`);
      }
      expect(await client.command("EPRT |1|127.0.0.1|22|"))
        .toBe('501 PORT against the privileged port "22" refused.');
      expect(messages("warn")).toHaveLength(3);
      expect(await client.command("PORT 127,0,0,1,4,0")).toMatch(/^425 /);
    }));

  test("on: they are not", () =>
    guarded({ permitPrivilegedPorts: true }, async (guard) => {
      const hostname = "127.0.0.1";
      const listener = await guard.transport.listen({ hostname, port: 1023 });
      const client = await guard.enter();
      expect(await client.command("PORT 127,0,0,1,3,255"))
        .toBe("200 Active data connection established.");
      listener.close();
    }));
});

describe("active mode", () => {
  test("connects from the address that the client reached", () =>
    guarded({ hostname: "10.0.0.21" }, async (guard) => {
      const { listener, command } = await waitFor(guard);
      const client = await guard.enter();
      expect(await client.command(command)).toMatch(/^200 /);
      const data = await listener.accept();
      expect(data?.remote.hostname).toBe("10.0.0.21");
      data?.close();
      listener.close();
    }));

  test("refused: 425, and the session goes on", () =>
    guarded({}, async ({ enter }) => {
      const client = await enter();
      expect(await client.command("PORT 127,0,0,1,200,1"))
        .toBe("425 Can't connect to specified address.");
      expect(await client.command("ABOR")).toBe("225 No transfer to abort.");
    }));
});
