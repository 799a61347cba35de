import { arrival, dag, object, task } from "sluice/sdk";
import { mongoDocuments } from "sluice/integrators";
import { z } from "zod";
import { flag, note } from "./notes.ts";

const hold = task({
  name: "hold",
  in: object,
  out: z.object({ content: z.string() }),
  heartbeat: "5s",
  async run(object, context) {
    const content = await object.text();
    note(object.key, `begins ${content}`);
    await flag(content, context);
    note(object.key, `ends ${content}`);
    return { content };
  },
});

/** Waits for the flag that the object names. */
export default dag({
  name: "e2e-held",
  on: arrival({ container: "e2e-*", key: "held/**" }),
  flow(arrived) {
    mongoDocuments(hold(arrived), { collection: "e2e_held" });
  },
});
