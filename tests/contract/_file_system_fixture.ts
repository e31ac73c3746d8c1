// What tests of file systems share with the contract.
export * from "../../lib/contract/file_system_fixture.ts";
