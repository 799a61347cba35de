import { once } from "node:events";
import { expect, it } from "vitest";
import { failureRoutes } from "./failures.ts";

it("ends a look at failures when its time is up though it found nothing, and says that there may be some", async () => {
  const asking = new AbortController();
  const routes = failureRoutes(
    {
      isLanding: () => true,
      stores: { names: [], get: (name) => expect.fail(`asked for the store ${name}`) },
      catalog: {
        // As a catalog that is looked through from end to end without a match.
        async *failed(_container, _filter, signal) {
          const aborted = once(signal, "abort");
          asking.abort();
          await aborted;
          yield* [];
        },
      },
    },
    { link: (workflowId) => workflowId },
  );
  const response = await routes.request("/failures?container=campus", { signal: asking.signal });
  expect(await response.json()).toEqual({ groups: [], objects: 0, complete: false });
});
