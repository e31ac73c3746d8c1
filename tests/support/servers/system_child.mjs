// Serves the users of the system on whatever runtime runs this file.
//
// Parameters: the path of a runtime adapter, the options of `unixAuthorizer`
// and what to override as JSON. The port is a line on standard output, records
// are lines on standard error. The end of standard input stops the server.
import process from "node:process";
import { pathToFileURL } from "node:url";

const [adapter, text] = process.argv.slice(2);
const { serve, unixAuthorizer } = await import(pathToFileURL(adapter).href);
const { overrides = {}, ...options } = JSON.parse(text);

const authorizer = unixAuthorizer({
  ...options,
  log: (level, message) => process.stderr.write(`${level} ${message}\n`),
});
for (const [name, override] of Object.entries(overrides)) {
  authorizer.overrideUser(name, override);
}
const server = await serve({
  port: 0,
  authorizer,
  failedLoginDelayMs: 0,
  log: ({ level, message }) => process.stderr.write(`${level} ${message}\n`),
});
process.stdout.write(`${server.address.port}\n`);
for await (const _ of process.stdin);
await server.close();
process.exit(0);
