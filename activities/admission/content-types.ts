import mime from "mime";

/** Other names under which a type goes about; routing knows one. */
const aliases: { readonly [type: string]: string } = {
  "application/csv": "text/csv",
  "text/x-csv": "text/csv",
  "text/comma-separated-values": "text/csv",
  "text/json": "application/json",
  "application/jsonl": "application/x-ndjson",
  "application/jsonlines": "application/x-ndjson",
  "application/x-jsonlines": "application/x-ndjson",
  "application/x-ndjson": "application/x-ndjson",
  "application/ndjson": "application/x-ndjson",
  "text/xml": "application/xml",
  "text/x-sql": "application/sql",
  "application/x-sql": "application/sql",
  "application/x-zip-compressed": "application/zip",
  "application/x-zip": "application/zip",
  "application/x-gzip": "application/gzip",
  "application/x-tgz": "application/gzip",
  "application/x-gtar": "application/x-tar",
  "application/tar": "application/x-tar",
  "image/jpg": "image/jpeg",
  "image/pjpeg": "image/jpeg",
  "image/x-png": "image/png",
  "image/x-ms-bmp": "image/bmp",
  "image/vnd.microsoft.icon": "image/x-icon",
};

/** What clients send that do not know better. */
const generic = new Set([
  "application/octet-stream",
  "binary/octet-stream",
  "application/x-www-form-urlencoded",
  "application/force-download",
  "application/x-download",
  "application/unknown",
]);

/** Names that the `mime` package does not know, or takes for what they seldom are in a lake. */
const extensions: { readonly [extension: string]: string | undefined } = {
  jsonl: "application/x-ndjson",
  ndjson: "application/x-ndjson",
  tgz: "application/gzip",
  // TypeScript or an MPEG stream: let the content tell.
  ts: undefined,
};

/** The type without parameters, in lower case, under its usual name; `undefined` where it is no type. */
export function normalType(type: string | undefined): string | undefined {
  const bare = type?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(bare) ? (aliases[bare] ?? bare) : undefined;
}

/** As {@link normalType}, but `undefined` also for what says nothing, such as `application/octet-stream`. */
export function specificType(type: string | undefined): string | undefined {
  const normal = normalType(type);
  return normal === undefined || generic.has(normal) ? undefined : normal;
}

/** The type that the name's extension stands for. */
export function typeOfName(key: string): string | undefined {
  const name = key.slice(key.lastIndexOf("/") + 1);
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  if (extension === undefined) return undefined;
  return extension in extensions ? extensions[extension] : specificType(mime.getType(extension) ?? undefined);
}

/** Whether content of this type is text that a person could read. */
export function isTextual(type: string): boolean {
  return type.startsWith("text/") || /[+/](json|xml|yaml)$/.test(type) || textual.has(type);
}

const textual = new Set([
  "application/x-ndjson",
  "application/sql",
  "application/javascript",
  "application/x-sh",
  "application/toml",
  "application/graphql",
  "application/json5",
]);
const zipped =
  /^application\/(vnd\.(openxmlformats-officedocument|oasis\.opendocument|ms-(excel|word|powerpoint)\..*macroenabled|google-earth\.kmz|android\.package-archive)|java-archive|x-xpinstall|zip)|\+zip$|^model\/3mf$/;
const compound = /^application\/(x-cfb|msword|vnd\.ms-(excel|powerpoint|outlook|project|works)|vnd\.visio|x-msi)$/;

/** Types that share their first bytes, so that magic bytes cannot tell them apart, have one family. */
export function familyOf(type: string): string {
  if (zipped.test(type)) return "zip";
  if (compound.test(type)) return "compound document";
  if (/^image\/(tiff|x-adobe-dng|x-canon-cr2|x-nikon-nef|x-sony-arw|dng)/.test(type)) return "tiff";
  if (/^image\/(hei[cf]|avif)/.test(type)) return "heif";
  if (/^image\/(a?png|vnd\.mozilla\.apng)$/.test(type)) return "png";
  if (/^image\/j(p[2xm]|2c)$/.test(type)) return "jpeg 2000";
  if (/^(audio|video)\/|^application\/(ogg|mxf|vnd\.ms-asf|vnd\.rn-realmedia)$/.test(type)) return "audio or video";
  if (/^font\/|^application\/(font|vnd\.ms-fontobject)/.test(type)) return "font";
  return type;
}
