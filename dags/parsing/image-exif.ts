import exifr from "exifr";

/** What a camera wrote into an image. */
export type Exif = {
  readonly camera?: { readonly name: string; readonly make: string; readonly model: string };
  /** As the camera's clock showed it, with its offset from UTC where the camera knows it. */
  readonly takenAt?: string;
  /** Degrees; altitude in metres. */
  readonly place?: { readonly latitude: number; readonly longitude: number; readonly altitude?: number };
  readonly orientation?: number;
  readonly settings: { readonly [name: string]: string | number };
};

const wanted = [
  "Make",
  "Model",
  "LensModel",
  "Software",
  "Orientation",
  "DateTimeOriginal",
  "CreateDate",
  "OffsetTimeOriginal",
  "ExposureTime",
  "FNumber",
  "ISO",
  "FocalLength",
];
const wantedOfPlace = ["GPSLatitude", "GPSLatitudeRef", "GPSLongitude", "GPSLongitudeRef", "GPSAltitude"];

const options = {
  pick: [...wanted, ...wantedOfPlace],
  reviveValues: false,
  translateValues: false,
  tiff: true,
  exif: true,
  gps: true,
  // Thumbnails, colour profiles and what editing programs add.
  ifd1: false,
  interop: false,
  jfif: false,
  xmp: false,
  icc: false,
  iptc: false,
  ihdr: false,
  // By default it keeps quiet about what it could not read.
  silentErrors: false,
};

/**
 * The EXIF data in the first bytes of an image; empty where there is none. Damaged EXIF is not the end of an image
 * whose pixels are sound, so `problem` tells of it instead.
 */
export async function readExif(head: Buffer): Promise<{ exif: Exif; problem?: string }> {
  try {
    const tags = (await exifr.parse(head, options)) as Tags | undefined;
    return { exif: tags ? exifOf(tags) : { settings: {} } };
  } catch (error) {
    return { exif: { settings: {} }, problem: error instanceof Error ? error.message : String(error) };
  }
}

type Tags = { readonly [name: string]: unknown };

function exifOf(tags: Tags): Exif {
  const [make, model] = [textOf(tags["Make"]), textOf(tags["Model"])];
  const name = model.startsWith(make) ? model : `${make} ${model}`.trim();
  const takenAt = dateOf(textOf(tags["DateTimeOriginal"]) || textOf(tags["CreateDate"]), textOf(tags["OffsetTimeOriginal"]));
  const place = placeOf(tags);
  const orientation = numberOf(tags["Orientation"]);
  const settings = {
    lens: textOf(tags["LensModel"]),
    software: textOf(tags["Software"]),
    exposure_time: numberOf(tags["ExposureTime"]),
    f_number: numberOf(tags["FNumber"]),
    iso: numberOf(tags["ISO"]),
    focal_length: numberOf(tags["FocalLength"]),
  };
  return {
    ...(name !== "" && { camera: { name, make, model } }),
    ...(takenAt && { takenAt }),
    ...(place && { place }),
    ...(orientation !== undefined && { orientation }),
    settings: Object.fromEntries(
      Object.entries(settings).filter((entry): entry is [string, string | number] => entry[1] !== undefined && entry[1] !== ""),
    ),
  };
}

function placeOf(tags: Tags): Exif["place"] | undefined {
  const latitude = degreesOf(tags["GPSLatitude"], tags["GPSLatitudeRef"], "S");
  const longitude = degreesOf(tags["GPSLongitude"], tags["GPSLongitudeRef"], "W");
  if (latitude === undefined || longitude === undefined || Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return undefined;
  const altitude = numberOf(tags["GPSAltitude"]);
  return { latitude, longitude, ...(altitude !== undefined && { altitude }) };
}

/** Degrees, minutes and seconds as a decimal, to a tenth of a metre. */
function degreesOf(parts: unknown, reference: unknown, negative: string): number | undefined {
  if (!Array.isArray(parts) || parts.length === 0 || !parts.every((part) => typeof part === "number" && Number.isFinite(part)))
    return undefined;
  const [degrees = 0, minutes = 0, seconds = 0] = parts as number[];
  const value = degrees + minutes / 60 + seconds / 3600;
  return Math.round((textOf(reference).toUpperCase() === negative ? -value : value) * 1e6) / 1e6;
}

/** `2026:03:14 10:20:30` as ISO 8601; undefined where the camera's clock was never set. */
function dateOf(written: string, offset: string): string | undefined {
  const [, date, time] = /^(\d{4}:\d{2}:\d{2}) (\d{2}:\d{2}:\d{2})$/.exec(written) ?? [];
  if (date === undefined || date.startsWith("0000")) return undefined;
  return `${date.replaceAll(":", "-")}T${time}${/^[+-]\d{2}:\d{2}$/.test(offset) ? offset : ""}`;
}

function textOf(value: unknown): string {
  // oxlint-disable-next-line no-control-regex -- cameras pad with zero bytes
  return typeof value === "string" ? value.replace(/[\u0000-\u001f]+/g, " ").trim() : "";
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
