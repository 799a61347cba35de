import { arrival, dag, object, task } from "sluice/sdk";
import { describeObject, description } from "../parsing/description.ts";

const describe = task({ name: "describe-object", in: object, out: description, run: describeObject });

/** What nothing else takes is described in the catalog, and written nowhere. */
export default dag({
  name: "not-handled",
  on: arrival({ priority: -100 }),
  flow(object) {
    describe(object);
  },
});
