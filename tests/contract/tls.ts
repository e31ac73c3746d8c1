import { afterAll, beforeAll, describe, expect } from "vitest";
import { testTlsConfigs } from "./_tls_configs.ts";
import { testTlsCrowds } from "./_tls_crowd.ts";
import { testTlsEnds } from "./_tls_ends.ts";
import { testTlsFiles } from "./_tls_files.ts";
import { secured } from "./_tls_fixture.ts";
import { testTlsHandshakes } from "./_tls_handshakes.ts";
import { testTlsPeers } from "./_tls_peers.ts";
import { testTlsSessions } from "./_tls_sessions.ts";
import { testTlsStopping } from "./_tls_stopping.ts";
import { testTlsUploads } from "./_tls_uploads.ts";
import { testTlsStreams } from "./_tls_streams.ts";
import { settled, type TransportFixture } from "./_transport_fixture.ts";

/** What `startTls` promises: `lib/spi/transport.ts` as cases. */
export function describeTls(name: string, make: () => TransportFixture): void {
  const fixture = make();
  describe(`TLS over the ${name} transport`, () => {
    const handles = () => fixture.handles?.() ?? 0;
    let before = 0;
    beforeAll(async () => {
      (await secured(fixture))[Symbol.dispose]();
      before = await settled(handles);
    });
    describe("handshakes", () => testTlsHandshakes(fixture));
    describe("ends", () => testTlsEnds(fixture));
    describe("streams", () => testTlsStreams(fixture));
    describe("files", () => testTlsFiles(fixture));
    describe("uploads", () => testTlsUploads(fixture));
    describe("sessions", () => testTlsSessions(fixture));
    describe("stopping", () => testTlsStopping(fixture));
    describe("peers", () => testTlsPeers(fixture));
    describe("crowds", () => testTlsCrowds(fixture));
    describe("configurations", () => testTlsConfigs(fixture));
    afterAll(async () => {
      expect(await settled(handles)).toBeLessThanOrEqual(before);
    });
  });
}
