import { crc32, gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { lakeObject } from "../context-under-test.ts";
import { openArchive } from "./open-archive.ts";
import { collect } from "./range-reader.ts";
import { type Limits, limits } from "./refusals.ts";
import { survey } from "./survey.ts";
import { zipOf } from "./zip-under-test.ts";

const never = new AbortController().signal;

async function look(content: Uint8Array, bounds: Partial<Limits> = {}): Promise<void> {
  const object = lakeObject({ container: "campus", key: "a.zip", size: content.byteLength }, content);
  await survey(await openArchive(object), object, "a.zip.unpacked/", { ...limits, ...bounds }, never);
}

type TarEntry = {
  readonly name: string;
  readonly type?: "file" | "symlink" | "link" | "character-device" | "directory";
  readonly content?: string;
};

async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const packed = pack();
  for (const { name, type = "file", content = "" } of entries) {
    packed.entry({ name, type, ...(type === "symlink" || type === "link" ? { linkname: "/etc/passwd" } : {}) }, content);
  }
  packed.finalize();
  return Buffer.from(await collect(packed as AsyncIterable<Uint8Array>));
}

const refusedWith = (code: string, message: RegExp) => ({ code, kind: "terminal", message: expect.stringMatching(message) });
const incompressible = (bytes: number) => Buffer.from(Array.from({ length: bytes }, (_, at) => crc32(String(at)) & 0xff));
const mebibytes = (count: number) => Buffer.alloc(count * 1024 * 1024);

describe("a ZIP", () => {
  it("passes with folders, empty files, Unicode and content stored as it is", async () => {
    const entries = [
      { path: "a/" },
      { path: "a/empty" },
      { path: "a/ça.txt", content: "hello" },
      { path: "plain", content: "x", deflate: false },
    ];
    await expect(look(zipOf(entries))).resolves.toBeUndefined();
  });

  it("passes when it is empty", async () => expect(look(zipOf([]))).resolves.toBeUndefined());

  it.each([
    ["leaves its folder", [{ path: "../../etc/passwd" }], "ARCHIVE_REFUSED", /leaves its folder/],
    ["has an absolute path", [{ path: "/etc/passwd" }], "ARCHIVE_REFUSED", /absolute path/],
    ["names a drive", [{ path: "C:/x" }], "ARCHIVE_REFUSED", /drive letter/],
    ["has a backslash", [{ path: "a\\b" }], "ARCHIVE_REFUSED", /backslash/],
    ["has a NUL", [{ path: "a\0b" }], "ARCHIVE_REFUSED", /control character/],
    ["is a link", [{ path: "link", content: "/etc/passwd", mode: 0o120777 }], "ARCHIVE_REFUSED", /which is a link/],
    ["is a device", [{ path: "tty", mode: 0o020666 }], "ARCHIVE_REFUSED", /which is a device/],
    ["comes twice", [{ path: "a" }, { path: "./a" }], "ARCHIVE_REFUSED", /twice/],
    ["is encrypted", [{ path: "a", content: "x", encrypted: true }], "ARCHIVE_ENCRYPTED", /without a password/],
    ["has a name too long for a key", [{ path: "x".repeat(1_100) }], "ARCHIVE_REFUSED", /bytes of 1024/],
    [
      "shares its bytes with another",
      [
        { path: "a", content: Buffer.alloc(5_000, "ab").toString("hex"), deflate: false },
        { path: "b", content: Buffer.alloc(5_000, "ab").toString("hex"), deflate: false, overlapsFirst: true },
      ],
      "ARCHIVE_BOMB",
      /overlap/,
    ],
  ])("is refused when a member %s", async (_, entries, code, message) => {
    await expect(look(zipOf(entries))).rejects.toMatchObject(refusedWith(code, message));
  });

  it("is refused when it unpacks to more than 200 times its size", async () => {
    await expect(look(zipOf([{ path: "zeros", content: mebibytes(11) }]))).rejects.toMatchObject(refusedWith("ARCHIVE_BOMB", /200 times/));
    await expect(look(zipOf([{ path: "zeros", content: mebibytes(9) }]))).resolves.toBeUndefined();
  });

  it("is refused when it declares too many bytes or members", async () => {
    await expect(look(zipOf([{ path: "a", content: "abc" }]), { total: 2 })).rejects.toMatchObject(
      refusedWith("ARCHIVE_BOMB", /more than 2 bytes/),
    );
    await expect(look(zipOf([{ path: "a" }, { path: "b" }]), { members: 1 })).rejects.toMatchObject(
      refusedWith("ARCHIVE_BOMB", /more than 1 members/),
    );
  });

  it.each([[10], [100], [1_000]])("is refused when its last %i bytes are missing", async (missing) => {
    const whole = zipOf([{ path: "a", content: incompressible(4_000) }]);
    await expect(look(whole.subarray(0, -missing))).rejects.toMatchObject(refusedWith("CORRUPT_ARCHIVE", /upload it again/));
  });
});

describe("a TAR", () => {
  it.each([
    ["as it is", (tar: Buffer) => tar],
    ["gzipped", (tar: Buffer) => gzipSync(tar)],
  ])("passes %s", async (_, wrap) => {
    await expect(
      look(wrap(await tarOf([{ name: "a/", type: "directory" }, { name: "a/b.txt", content: "hello" }, { name: "empty" }]))),
    ).resolves.toBeUndefined();
  });

  it("is known whatever its first file is called", async () => {
    for (const wrap of [(tar: Buffer) => tar, gzipSync])
      await expect(
        look(
          wrap(
            await tarOf([
              { name: "BM-1.csv", content: "x" },
              { name: "a", type: "symlink" },
            ]),
          ),
        ),
      ).rejects.toMatchObject(refusedWith("ARCHIVE_REFUSED", /which is a link/));
  });

  it.each([
    ["leaves its folder", { name: "a/../../b", content: "x" }, "ARCHIVE_REFUSED", /leaves its folder/],
    ["is a symbolic link", { name: "a", type: "symlink" }, "ARCHIVE_REFUSED", /which is a link/],
    ["is a hard link", { name: "a", type: "link" }, "ARCHIVE_REFUSED", /which is a link/],
    ["is a device", { name: "a", type: "character-device" }, "ARCHIVE_REFUSED", /which is a device/],
  ] as const)("is refused when a member %s", async (_, entry, code, message) => {
    await expect(look(await tarOf([{ name: "before", content: "x" }, entry]))).rejects.toMatchObject(refusedWith(code, message));
  });

  it("is refused when it is a bomb, before it is read to its end", async () => {
    const tar = await tarOf([{ name: "zeros", content: mebibytes(12).toString("latin1") }]);
    await expect(look(gzipSync(tar))).rejects.toMatchObject(refusedWith("ARCHIVE_BOMB", /200 times/));
  });

  it.each([
    ["as it is", (tar: Buffer) => tar, 1_400],
    ["gzipped", (tar: Buffer) => gzipSync(tar), 20],
  ])("is refused when it breaks off, %s", async (_, wrap, missing) => {
    const whole = wrap(await tarOf([{ name: "a", content: incompressible(4_000).toString("hex") }]));
    await expect(look(whole.subarray(0, -missing))).rejects.toMatchObject(refusedWith("CORRUPT_ARCHIVE", /upload it again/));
  });
});

describe("a single file in a gzip", () => {
  const membersOf = async (key: string, content: Uint8Array) =>
    Array.fromAsync((await openArchive(lakeObject({ container: "campus", key, size: content.byteLength }, content))).members());

  it.each([
    ["2026/roof.csv.gz", "roof.csv"],
    ["a/b c.tgz", "b c"],
    ["readings", "readings"],
    [".gz", ".gz"],
  ])("%s holds one member: %s", async (key, path) => {
    expect(await membersOf(key, gzipSync("time,value\n"))).toMatchObject([{ path, kind: "file" }]);
  });

  it.each([
    ["text", "just text "],
    ["nothing", ""],
  ])("passes: %s", async (_, content) => {
    await expect(look(gzipSync(Buffer.alloc(content.length * 200, content)))).resolves.toBeUndefined();
  });

  it("knows how long it is once it was read, in however many parts it was compressed", async () => {
    const content = Buffer.concat([gzipSync("time,value\n"), gzipSync("1,2\n")]);
    const archive = await openArchive(lakeObject({ container: "campus", key: "a.csv.gz", size: content.byteLength }, content));
    for await (const member of archive.members()) expect(String(await collect(member.read()))).toBe("time,value\n1,2\n");
    expect(await Array.fromAsync(archive.members())).toMatchObject([{ path: "a.csv", size: 15 }]);
  });

  it("is refused when it is a bomb, or declares too many bytes", async () => {
    await expect(look(gzipSync(mebibytes(12)))).rejects.toMatchObject(refusedWith("ARCHIVE_BOMB", /200 times/));
    await expect(look(gzipSync(incompressible(3_000)), { total: 2_000 })).rejects.toMatchObject(
      refusedWith("ARCHIVE_BOMB", /more than 2000 bytes/),
    );
  });

  it.each([[5], [500]])("is refused when its last %i bytes are missing", async (missing) => {
    await expect(look(gzipSync(incompressible(4_000)).subarray(0, -missing))).rejects.toMatchObject(
      refusedWith("CORRUPT_ARCHIVE", /campus\/a.zip cannot be read: unexpected end of file.*upload it again/),
    );
  });

  it("is refused when it was changed on its way", async () => {
    const changed = gzipSync(incompressible(4_000));
    changed[2_000] = (changed[2_000] ?? 0) ^ 0xff;
    await expect(look(changed)).rejects.toMatchObject(refusedWith("CORRUPT_ARCHIVE", /cannot be read/));
  });
});

describe("anything else", () => {
  it.each([
    ["empty", ""],
    ["text", "time,value\n1,2\n"],
  ])("is refused: %s", async (_, content) => {
    await expect(look(Buffer.from(content))).rejects.toMatchObject(refusedWith("NOT_AN_ARCHIVE", /begins like no archive/));
  });
});
