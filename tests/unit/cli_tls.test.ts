import { expect, test } from "vitest";
import { MemoryTransport, settle } from "../../adapters/memory.ts";
import { ConfigError } from "../../lib/base/errors.ts";
import { main } from "../../lib/cli/main.ts";
import { parseCommandLineOptions } from "../../lib/cli/options.ts";
import type { CliTlsOptions } from "../../lib/cli/tls_choice.ts";
import { connectClient, FakeCliHost } from "./cli_fake_host.ts";

const PLAIN: CliTlsOptions = {
  certfile: null,
  keyfile: null,
  controlRequired: false,
  dataRequired: false,
  implicitPort: null,
  minVersion: "1.2",
};

for (
  const [line, expected] of [
    ["--tls", {}],
    ["--certfile a.pem", { certfile: "a.pem" }],
    ["--certfile a.pem --keyfile b.pem", {
      certfile: "a.pem",
      keyfile: "b.pem",
    }],
    ["--tls-control-required", { controlRequired: true }],
    ["--tls-data-required", { dataRequired: true }],
    ["--implicit-tls 990", { implicitPort: 990 }],
    ["--tls-min 1.3", { minVersion: "1.3" }],
  ] as const
) {
  test(`${line} switches TLS on`, () => {
    const request = parseCommandLineOptions(line.split(" "));
    expect(request).toMatchObject({
      options: { tls: { ...PLAIN, ...expected } },
    });
  });
}

for (
  const [line, message] of [
    ["--keyfile b.pem", "argument --keyfile: --certfile is required too"],
    [
      "--tls-min 1.1",
      "argument --tls-min: invalid value: '1.1' (expected 1.2 or 1.3)",
    ],
    [
      "--implicit-tls x",
      "argument --implicit-tls: invalid value: 'x' (expected a whole number " +
      "from 0 to 65535)",
    ],
  ] as const
) {
  test(`${line} is refused`, async () => {
    const host = new FakeCliHost();
    expect(await main(line.split(" "), host)).toBe(2);
    expect(host.stderr.text)
      .toBe(`anyftpd: error: ${message}\nTry 'anyftpd --help'\n`);
  });
}

test("--tls shows the certificate and offers AUTH", async () => {
  const host = new FakeCliHost();
  const { exit } = await host.start("--tls");
  expect(host.certificateRequests).toEqual([{
    certfile: null,
    keyfile: null,
    minVersion: "1.2",
    addresses: ["192.168.1.5"],
  }]);
  expect(host.stderr.text).toContain(
    "TLS: self-signed certificate " +
      "/home/ann/.local/state/anyftpd/self-signed.pem\n",
  );
  expect(host.stderr.text).toContain("    SHA-256 fingerprint: AA:BB\n");
  const client = await connectClient(host);
  await client.reply();
  expect(await client.ask("FEAT")).toContain(" AUTH TLS\r\n");
  expect(await client.ask("USER anonymous")).toMatch(/^331 /);
  client.close();
  host.signal("SIGTERM");
  expect(await exit).toBe(0);
  expect(host.signalListeners).toBe(0);
});

test("--disable-openssl serves on the platform without it", async () => {
  const host = new FakeCliHost();
  const runtimes = new MemoryTransport();
  host.platformWithoutOpenssl = () => ({
    ...host.platform,
    transport: runtimes,
  });
  const listening = host.start("--disable-openssl");
  await settle();
  expect([host.transport.openListeners, runtimes.openListeners])
    .toEqual([0, 1]);
  host.signal("SIGTERM");
  const { exit } = await listening;
  expect(await exit).toBe(0);
});

test("--disable-openssl changes nothing where there is one TLS", async () => {
  const host = new FakeCliHost();
  const { exit } = await host.start("--disable-openssl");
  expect(host.transport.openListeners).toBe(1);
  host.signal("SIGTERM");
  expect(await exit).toBe(0);
});

test.each([["", true], [" --disable-openssl", false]])(
  "worker processes are told which TLS serves: '%s'",
  async (option, useOpenssl) => {
    const host = new FakeCliHost();
    const { exit } = await host.start(`--concurrency pre-fork${option}`);
    expect(host.workersRequests).toMatchObject([{ useOpenssl }]);
    host.signal("SIGTERM");
    expect(await exit).toBe(0);
  },
);

test("what is required is refused in clear", async () => {
  const host = new FakeCliHost();
  const { exit } = await host.start("--tls-control-required");
  const client = await connectClient(host);
  await client.reply();
  expect(await client.ask("USER anonymous"))
    .toBe("550 SSL/TLS required on the control channel.\r\n");
  client.close();
  host.signal("SIGTERM");
  await exit;
});

test("--implicit-tls is a second port, for those who begin with TLS", async () => {
  const host = new FakeCliHost();
  const { exit } = await host.start("--implicit-tls 990 -i 127.0.0.1");
  expect(host.stderr.text).toContain("    ftps://127.0.0.1/\n");
  const control = await host.transport.dial({
    hostname: "127.0.0.1",
    port: 990,
  });
  await control.joinTls();
  expect(new TextDecoder().decode(await control.read() ?? undefined))
    .toMatch(/^220 /);
  control.close();
  host.signal("SIGTERM");
  expect(await exit).toBe(0);
});

test("SIGHUP reads the certificate again, and keeps the old one", async () => {
  const host = new FakeCliHost();
  const { exit } = await host.start("--certfile a.pem");
  host.reload();
  expect(host.stderr.text).toContain("certificate read again.\n");
  host.certificateError = new ConfigError("Cannot read a.pem: no such file");
  host.reload();
  expect(host.stderr.text)
    .toContain("Cannot read a.pem: no such file; the old one serves on\n");
  const client = await connectClient(host);
  await client.reply();
  expect(await client.ask("AUTH TLS")).toMatch(/^234 /);
  client.close();
  await settle();
  host.signal("SIGTERM");
  await exit;
});

test("on a terminal SIGHUP keeps its meaning", async () => {
  const host = new FakeCliHost();
  host.stderr.isTerminal = true;
  const { exit } = await host.start("--tls");
  expect(host.signalListeners).toBe(1);
  host.signal("SIGTERM");
  await exit;
});
