import { arrival, dag, mime } from "sluice/sdk";
import { unpackArchive } from "sluice/integrators";

/** Each member of a ZIP or TAR, and what a gzip holds, becomes an object of its own. */
export default dag({
  name: "archive",
  on: arrival({ types: [mime.zip, mime.tar, mime.gzip], priority: -10 }),
  flow(object) {
    unpackArchive(object);
  },
});
