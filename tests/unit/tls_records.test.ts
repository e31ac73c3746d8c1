import { describe, expect, test } from "vitest";
import { TlsRecords } from "../../adapters/_tls_records.ts";
import { concatBytes } from "../../lib/base/bytes.ts";

const HANDSHAKE = 22;
const ALERT = 21;
const SEALED = 23;

/** What TLS 1.3 adds to what it seals. */
const SEAL_BYTES = 17;

const FINISHED = sealed(36);
const NOTIFY = sealed(2);
const KEY_UPDATE = sealed(5);

describe("TlsRecords on TLS 1.2", () => {
  const established = concatBytes([record(HANDSHAKE, 40), record(20, 1)]);

  test("an alert at the end is seen for every split point", () => {
    const bytes = concatBytes([
      established,
      record(SEALED, 50),
      record(ALERT, 26),
    ]);
    for (const records of splits(bytes)) {
      expect(records.endsWithAlert).toBe(true);
    }
  });

  test("data at the end is none, nor is half an alert", () => {
    for (
      const records of splits(concatBytes([established, record(SEALED, 50)]))
    ) {
      expect(records.endsWithAlert).toBe(false);
    }
    const alert = record(ALERT, 26);
    for (let length = 1; length < alert.length; length++) {
      const records = new TlsRecords();
      records.push(record(SEALED, 50));
      records.push(alert.subarray(0, length));
      expect(records.endsWithAlert).toBe(false);
    }
  });

  test("nothing at all is no alert", () => {
    expect(new TlsRecords().endsWithAlert).toBe(false);
  });

  test("a record without content is passed over", () => {
    const records = new TlsRecords();
    records.push(concatBytes([record(SEALED, 0), record(ALERT, 26)]));
    expect(records.endsWithAlert).toBe(true);
  });
});

describe("TlsRecords on TLS 1.3", () => {
  test("two bytes that come out are no alert", () => {
    const records = afterHandshake();
    records.push(sealed(2));
    records.opened(2);
    expect(records.endsWithAlert).toBe(false);
  });

  test("two bytes that do not come out are one", () => {
    const records = afterHandshake();
    records.push(sealed(2));
    records.opened(2);
    records.push(NOTIFY);
    expect(records.endsWithAlert).toBe(true);
  });

  test("data and an alert in one piece", () => {
    const records = afterHandshake();
    records.push(concatBytes([sealed(1000), sealed(2), NOTIFY]));
    records.opened(1002);
    expect(records.endsWithAlert).toBe(true);
  });

  test("an update of keys is neither", () => {
    for (const last of [NOTIFY, sealed(2)]) {
      const records = afterHandshake();
      records.push(concatBytes([sealed(10), KEY_UPDATE, KEY_UPDATE, last]));
      records.opened(last === NOTIFY ? 10 : 12);
      expect(records.endsWithAlert).toBe(last === NOTIFY);
    }
  });

  test("a record counts once it is whole", () => {
    const bytes = concatBytes([sealed(100), sealed(2)]);
    for (let at = 0; at <= bytes.length; at++) {
      const records = afterHandshake();
      records.push(bytes.subarray(0, at));
      const isFirstWhole = at >= 100 + SEAL_BYTES + 5;
      if (isFirstWhole) records.opened(100);
      records.push(bytes.subarray(at));
      records.opened(isFirstWhole ? 2 : 102);
      expect(records.endsWithAlert).toBe(false);
    }
  });

  test("an alert in one piece with the handshake's end", () => {
    const records = new TlsRecords();
    records.push(concatBytes([FINISHED, NOTIFY]));
    records.established();
    expect(records.endsWithAlert).toBe(true);
  });
});

function record(type: number, length: number): Uint8Array {
  const bytes = new Uint8Array(5 + length);
  bytes.set([type, 3, 3, length >> 8, length & 0xff]);
  return bytes;
}

function sealed(length: number): Uint8Array {
  return record(SEALED, length + SEAL_BYTES);
}

function afterHandshake(): TlsRecords {
  const records = new TlsRecords();
  records.push(FINISHED);
  records.established();
  return records;
}

function* splits(bytes: Uint8Array): Generator<TlsRecords> {
  for (let at = 0; at <= bytes.length; at++) {
    const records = new TlsRecords();
    records.push(bytes.subarray(0, at));
    records.push(bytes.subarray(at));
    yield records;
  }
}
