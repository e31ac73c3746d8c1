import { afterAll, beforeAll, describe, expect } from "vitest";
import { testAddresses } from "./_transport_addresses.ts";
import { testClosing } from "./_transport_closing.ts";
import { testEnds } from "./_transport_ends.ts";
import {
  makePair,
  settled,
  type TransportFixture,
} from "./_transport_fixture.ts";
import { testStreams } from "./_transport_streams.ts";

export type { RawPeer, TransportFixture } from "./_transport_fixture.ts";

/** What every transport promises: `lib/spi/transport.ts` as cases. */
export function describeTransport(
  name: string,
  make: () => TransportFixture,
): void {
  const fixture = make();
  describe(`${name} transport`, () => {
    const handles = () => fixture.handles?.() ?? 0;
    let before = 0;
    beforeAll(async () => {
      // A runtime may open some of its own with the first connection.
      (await makePair(fixture.transport))[Symbol.dispose]();
      before = await settled(handles);
    });
    describe("streams", () => testStreams(fixture));
    describe("ends", () => testEnds(fixture));
    describe("closing", () => testClosing(fixture));
    describe("addresses", () => testAddresses(fixture));
    afterAll(async () => {
      expect(await settled(handles)).toBeLessThanOrEqual(before);
    });
  });
}
