// Does one large file, in a process of its own so that its memory is its own: `node script-process.ts FORM INTO CONTAINER KEY`.
import { readEnvironment } from "../../infra/config.ts";
import { openScriptClients } from "./script-clients.ts";
import { fileScripts } from "./script-files.ts";

const [form, into = "", container = "", key = ""] = process.argv.slice(2);
await using clients = await openScriptClients(readEnvironment());
const start = performance.now();
const rows = await fileScripts[form === "csv" ? "csv" : "json-lines"](clients, into, container, key);
const seconds = (performance.now() - start) / 1_000;
process.send?.({ rows, seconds, megabytes: (process.resourceUsage().maxRSS * 1_024) / 1e6 });
