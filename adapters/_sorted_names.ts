/**
 * Names that are sorted at a time, which takes 2 milliseconds. All of a folder
 * of 100,000 would hold up everybody for 40 to 90.
 */
const RUN = 4096;

/** A sorted part of the names, and how far it is used up. */
interface Run {
  readonly names: readonly string[];
  at: number;
}

/**
 * Sorts names, in ascending order of their UTF-16 code units, that come in
 * parts. They leave in parts of at most `atMost`; merging goes on while those
 * are taken, so that no step takes long.
 *
 * @param pause Called between two steps before the first part leaves.
 */
export async function* sortedNames(
  parts: AsyncIterable<readonly string[]>,
  atMost: number,
  pause: () => Promise<void>,
): AsyncGenerator<string[], void, void> {
  const runs: Run[] = [];
  let unsorted: string[] = [];
  for await (const part of parts) {
    unsorted.push(...part);
    if (unsorted.length < RUN) continue;
    runs.push({ names: unsorted.sort(), at: 0 });
    unsorted = [];
    await pause();
  }
  if (unsorted.length > 0) runs.push({ names: unsorted.sort(), at: 0 });
  yield* merge(runs, atMost);
}

function* merge(
  runs: readonly Run[],
  atMost: number,
): Generator<string[], void, void> {
  // A heap: the run with the least name is the first. A sorted list is one.
  const heap = [...runs].sort((one, other) => head(one) < head(other) ? -1 : 1);
  let names: string[] = [];
  for (let least = heap[0]; least !== undefined; least = heap[0]) {
    names.push(head(least));
    least.at++;
    if (least.at === least.names.length) {
      const last = heap.pop()!;
      if (heap.length > 0) heap[0] = last;
    }
    sink(heap);
    if (names.length < atMost) continue;
    yield names;
    names = [];
  }
  if (names.length > 0) yield names;
}

/** Moves the first run down to where it belongs. */
function sink(heap: Run[]): void {
  const run = heap[0];
  if (run === undefined) return;
  const name = head(run);
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    const left = heap[child];
    if (left === undefined) break;
    const right = heap[child + 1];
    let least = left;
    if (right !== undefined && head(right) < head(left)) {
      least = right;
      child++;
    }
    if (name <= head(least)) break;
    heap[at] = least;
    at = child;
  }
  heap[at] = run;
}

function head(run: Run): string {
  return run.names[run.at]!;
}
