import { describe, expect, test } from "vitest";
import { PlaceBook } from "../../adapters/_worker_places.ts";

describe("PlaceBook", () => {
  test("lets a user have so many sessions, whichever worker asks", () => {
    const book = new PlaceBook({
      maxConnections: 0,
      maxConnectionsPerAddress: 0,
    });
    const first = book.admitUser("ann", 2);
    const second = book.admitUser("ann", 2);
    expect(first).not.toBeNull();
    expect(second).not.toBeNull();
    expect(book.admitUser("ann", 2)).toBeNull();
    expect(book.admitUser("bob", 1)).not.toBeNull();
    first?.();
    expect(book.admitUser("ann", 2)).not.toBeNull();
  });

  test("counts control and data connections together", () => {
    const book = new PlaceBook({
      maxConnections: 2,
      maxConnectionsPerAddress: 0,
    });
    expect(book.admitControl("192.0.2.1")).toBeTypeOf("function");
    const data = book.admitData();
    expect(data).not.toBeNull();
    expect(book.admitData()).toBeNull();
    expect(book.admitControl("192.0.2.2")).toBe("too-many");
    data?.();
    expect(book.admitControl("192.0.2.2")).toBeTypeOf("function");
  });

  test("has other limits for whoever comes after a change", () => {
    const book = new PlaceBook({
      maxConnections: 1,
      maxConnectionsPerAddress: 0,
    });
    expect(book.admitData()).not.toBeNull();
    book.configure({ maxConnections: 2, maxConnectionsPerAddress: 0 });
    expect(book.admitData()).not.toBeNull();
    expect(book.admitData()).toBeNull();
  });
});
