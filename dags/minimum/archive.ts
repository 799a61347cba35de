import { arrival, dag, match, mime, object, task } from "sluice/sdk";
import { unpackArchive } from "sluice/integrators";
import { z } from "zod";
import { describeObject, description } from "../parsing/description.ts";
import { holdsTar } from "../parsing/tar-in-gzip.ts";

const look = task({
  name: "look-at-archive",
  in: object,
  out: z.enum(["archive", "single"]),
  run: async (object) => (object.type !== mime.gzip || (await holdsTar(object)) ? "archive" : "single"),
});

const describe = task({ name: "describe-compressed", in: object, out: description, run: describeObject });

/** Each member of a ZIP or TAR becomes an object of its own; a single compressed file stays what it is. */
export default dag({
  name: "archive",
  on: arrival({ types: [mime.zip, mime.tar, mime.gzip], priority: -10 }),
  flow(object) {
    match(look(object), {
      archive: () => {
        unpackArchive(object);
      },
      single: () => {
        describe(object);
      },
    });
  },
});
