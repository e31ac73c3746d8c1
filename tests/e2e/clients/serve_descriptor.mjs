// Serves a folder on the socket that is descriptor 3.
// Parameters: the path of a runtime adapter, the folder.
import process from "node:process";
import { pathToFileURL } from "node:url";

const [adapterPath, directory] = process.argv.slice(2);
const adapter = await import(pathToFileURL(adapterPath).href);
const transport = (adapter.nodeTransport ?? adapter.denoTransport ??
  adapter.bunTransport)();
const listener = await transport.listenDescriptor(3);
const server = await adapter.serve({ listener, directory });
process.stdout.write(`${server.address.port}\n`);
process.stdin.on("end", async () => {
  await server.close();
  process.exit(0);
});
process.stdin.resume();
