import { readEnvironment } from "../config.ts";
import { describeObjectStore } from "./contract.ts";
import { s3UnderTest } from "./s3-under-test.ts";

describeObjectStore("MinIO", async () => s3UnderTest(readEnvironment()));
