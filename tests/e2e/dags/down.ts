import { arrival, dag, object, retryable, task } from "sluice/sdk";
import { z } from "zod";
import { isRaised, note } from "./notes.ts";

const write = task({
  name: "write",
  in: object,
  out: z.string(),
  retry: { attempts: 200, initialInterval: "500ms", backoff: 1 },
  async run(object) {
    const flag = await object.text();
    note(object.key, "write");
    if (!isRaised(flag)) throw retryable("SINK_DOWN", `The sink of ${object.key} is down: start it.`);
    return flag;
  },
});

/** Writes to a sink that is down until the flag is raised that the object names. */
export default dag({
  name: "e2e-down",
  on: arrival({ container: "e2e-*", key: "down/**" }),
  flow: (arrived) => write(arrived),
});
