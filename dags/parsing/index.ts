/** Readers for DAGs of one's own, streaming and strict, with errors that name the place: `sluice/parsing`. */
export { csvRows } from "./csv-rows.ts";
export { textOf as decodedText, utf8Of } from "./encoding.ts";
export { excelDocuments as excelRows } from "./excel.ts";
export { jsonLines, jsonValues, type Located } from "./json.ts";
export { readImage, type ImageFacts } from "./image.ts";
export { readNumber } from "./number.ts";
export { type DateOrder, readTime } from "./time.ts";
export { readLocalTime } from "./zoned-time.ts";
