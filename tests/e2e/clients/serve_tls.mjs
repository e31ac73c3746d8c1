// Serves a folder with TLS: explicit on one port, implicit on another.
// Parameters: the path of a runtime adapter, the folder, a folder with
// cert.pem and key.pem, `allowed` or `required`.
import { readFileSync } from "node:fs";
import process from "node:process";
import { pathToFileURL } from "node:url";

const [adapterPath, directory, pems, policy] = process.argv.slice(2);
const { localFileSystem, MemoryAuthorizer, serve } = await import(
  pathToFileURL(adapterPath).href
);
const authorizer = new MemoryAuthorizer();
authorizer.addUser({
  username: "user",
  password: "pass",
  fileSystem: localFileSystem(directory),
  permissions: "elradfmwMT",
});
const config = {
  cert: readFileSync(`${pems}/cert.pem`, "utf8"),
  key: readFileSync(`${pems}/key.pem`, "utf8"),
};
const tls = { config, control: policy, data: policy };
const server = await serve({ authorizer, port: 0, tls });
const implicit = await server.listen(
  { hostname: "127.0.0.1", port: 0 },
  { implicitTls: true },
);
process.stdout.write(`${server.address.port} ${implicit.port}\n`);
process.stdin.on("end", async () => {
  await server.close();
  process.exit(0);
});
process.stdin.resume();
