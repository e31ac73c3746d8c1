// Swaps each path given with the link that lies beside it as PATH.link, back
// and forth, as fast as it can, until it is stopped.
import { renameSync } from "node:fs";
import process from "node:process";

const paths = process.argv.slice(2);
process.stdout.write("ready\n");
const end = Date.now() + 60_000;
while (Date.now() < end) {
  for (let round = 0; round < 50; round++) {
    for (const path of paths) {
      renameSync(path, `${path}.held`);
      renameSync(`${path}.link`, path);
      renameSync(path, `${path}.link`);
      renameSync(`${path}.held`, path);
    }
  }
}
