// An HTTP server that answers whatever it is sent at once, in a process of its own: `node receiver.ts PORT`.
import { createServer } from "node:http";

let received = 0;
const server = createServer((request, response) => {
  request.resume().once("end", () => {
    received += 1;
    response.end();
  });
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => process.send?.("ready"));
process.on("message", () => process.send?.(received));
process.once("disconnect", () => process.exit(0));
