import { readFile } from "node:fs/promises";
import { execa } from "execa";

/** What tells this process from any later one with its pid: when it began. Undefined where no such process runs. */
export async function identityOf(pid: number): Promise<string | undefined> {
  return process.platform === "linux" ? await fromProc(pid) : await fromPs(pid);
}

async function fromProc(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  // The second field is the program's name in brackets and may hold anything, spaces and brackets too.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, threads, start] = [fields[0], Number(fields[17]), fields[19]];
  // A zombie has ended; whether somebody collects it is not the lake's business. But its first thread may be one while
  // others still run and hold its ports.
  return (state === "Z" || state === "X") && threads <= 1 ? undefined : start;
}

async function fromPs(pid: number): Promise<string | undefined> {
  const { stdout, failed } = await execa("ps", ["-o", "lstart=", "-p", String(pid)], { reject: false });
  return failed || stdout.trim() === "" ? undefined : stdout.trim();
}
