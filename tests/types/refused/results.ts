// What stands in an `after` has Results, not values; what a flow has are symbols, not content.
import { after, arrival, dag, map, rule } from "sluice/sdk";
import { header, label, parse, shout } from "./tasks.ts";

export default dag({
  name: "results",
  // refused: a field that arrivals do not have
  on: arrival({ bucket: "campus" }),
  flow(object) {
    const title = header(object);
    // refused: a Result used as the value
    after([title], rule.allDone, ([result]) => shout(result.title));
    // refused: a Result as text
    after([title], rule.allDone, ([result]) => shout(result));
    // refused: a field that Results do not have
    after([title], rule.allDone, ([result]) => shout(result.error));
    // refused: the value of a Result, which may be null
    after([shout("a")], rule.anySuccess, ([result]) => shout(result.value));
    // refused: the value of rows, which have none
    after([parse(object)], rule.allDone, ([result]) => shout(result.value.sensor));
    // refused: more Results than inputs
    after([title], rule.allDone, ([, second]) => shout(second));
    // refused: a rule that does not exist
    after([title], rule.someFailed, () => shout("a"));
    // refused: a rule by a name that does not exist
    after([title], "oneFailed", () => shout("a"));
    // refused: a constant, on which no rule can be judged
    after(["header"], rule.allDone, () => shout("a"));
    // refused: one node without a list
    after(title, rule.allDone, () => shout("a"));
    // refused: an option that `after` does not have
    after([title], rule.allDone, () => shout("a"), { recover: true });
    // refused: what a tolerant map returns, used as plain values
    map(map(title.lines, (line) => shout(line), { tolerate: 1 }), (line) => shout(line));
    // refused: a tolerance that is no share
    map(title.lines, (line) => shout(line), { tolerate: "some" });
    // refused: comparing a value
    if (object.type === "text/csv") shout("a");
    // refused: ordering values
    if (object.size > 1_000) shout("a");
    // refused: calculating with a value
    label({ text: "a", size: object.size * 2 });
    // refused: spreading a list
    shout([...title.lines].at(0));
    // refused: a loop over a list
    for (const line of title.lines) shout(line);
    // refused: a method of the content
    shout(object.key.toUpperCase());
    // refused: assigning to a value
    title.title = "a";
    // refused: switching by a value
    switch (object.type) { case "text/csv": shout("a"); }
  },
});
