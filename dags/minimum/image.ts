import { arrival, dag, mime, object, task } from "sluice/sdk";
import { graph, neo4jGraph } from "sluice/integrators";
import { imageGraph } from "../parsing/image-graph.ts";

const describe = task({
  name: "describe-image",
  in: object,
  out: graph,
  run: (object, { log }) => imageGraph(object, (message) => log.warn(message)),
});

/** An image becomes a node with its format, dimensions and EXIF, related to its camera, place and content. */
export default dag({
  name: "image",
  on: arrival({ types: mime.image, priority: -10 }),
  flow(object) {
    neo4jGraph(describe(object));
  },
});
