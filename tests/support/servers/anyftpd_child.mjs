// Starts this server on whatever runtime runs this file.
//
// Parameters: the path of a runtime adapter, then the configuration as JSON.
// Requests are lines on standard input (`memory`, `events`, `reload` and a TLS
// configuration), answers are JSON lines on standard output. The end of standard input stops the server.

import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const [adapterPath, configText] = process.argv.slice(2);
const {
  CertificateAuthorizer,
  localFileSystem,
  MemoryAuthorizer,
  readCertificate,
  serve,
} = await import(pathToFileURL(adapterPath).href);
const {
  users,
  hostname,
  passivePorts,
  implicitTls,
  certificate,
  ...options
} = JSON.parse(configText);

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const events = [];
function record(type) {
  return (event) => {
    events.push({ type, path: event.realPath, outcome: event.outcome });
  };
}

const authorizer = new MemoryAuthorizer();
for (const { username, password, directory, permissions } of users) {
  const fileSystem = localFileSystem(directory);
  if (username === "anonymous") {
    authorizer.addAnonymous({ fileSystem, permissions });
  } else {
    authorizer.addUser({ username, password, fileSystem, permissions });
  }
}

const byCertificate = {
  user: ({ commonName }) => commonName,
  account: (name) => authorizer.account(name),
  passwords: authorizer,
  certificate,
};

const server = await serve({
  hostname,
  port: 0,
  authorizer: certificate === undefined
    ? authorizer
    : new CertificateAuthorizer(byCertificate, readCertificate),
  maxConnections: 8192,
  backlog: 511,
  ...options,
  ...(passivePorts
    ? { passivePorts: { from: passivePorts[0], to: passivePorts[1] } }
    : {}),
  logLevel: "warn",
  log: (entry) => process.stderr.write(`${entry.level} ${entry.message}\n`),
  hooks: {
    fileReceived: record("received"),
    fileSent: record("sent"),
    incompleteFileReceived: record("incomplete-received"),
    incompleteFileSent: record("incomplete-sent"),
  },
});

async function memory() {
  // Twice, with a turn between, so that finalizers have run too.
  for (let round = 0; round < 2; round++) {
    globalThis.gc?.();
    globalThis.Bun?.gc(true);
    await delay(20);
  }
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { rss, heapUsed: heapUsed + Math.max(external, arrayBuffers ?? 0) };
}

const { hostname: address, port } = server.address;
const implicit = implicitTls
  ? await server.listen({ hostname, port: 0 }, { implicitTls: true })
  : null;
const implicitPort = implicit?.port ?? 0;
say({ ready: { hostname: address, port, implicitPort, pid: process.pid } });

for await (const request of createInterface({ input: process.stdin })) {
  if (request === "memory") say({ memory: await memory() });
  else if (request === "events") say({ events });
  else if (request.startsWith("reload ")) {
    server.reloadTls(JSON.parse(request.slice("reload ".length)));
    say({});
  }
}
await server.close();
process.exit(0);
