// Values, rows and the object, each wired where another belongs.
import { arrival, dag, map, match, mime } from "sluice/sdk";
import { influxPoints, mongoDocuments, neo4jGraph, neo4jNodes, neo4jRelations } from "sluice/integrators";
import { anything, enrich, header, label, parse, parseNames, shout, store, tick } from "./tasks.ts";

export default dag({
  name: "wires",
  on: arrival({ types: [mime.csv, mime.json] }),
  flow(object) {
    // refused: rows into a value
    shout(parse(object));
    // refused: rows into anything
    anything(parse(object));
    // refused: rows in a part of a value
    anything({ readings: parse(object) });
    // refused: a value into rows
    store(header(object));
    // refused: a list into rows
    store(header(object).lines);
    // refused: a constant into rows
    store([]);
    // refused: rows of another shape
    store(parseNames(object));
    // refused: the object into rows
    store(object);
    // refused: a value where the object is expected
    parse(header(object));
    // refused: a task instead of what it returns
    store(parse);
    // refused: a task without its input
    shout();
    // refused: an input for a task that has none
    tick("now");
    // refused: two inputs
    shout("one", "two");
    // refused: a number into text
    shout(object.size);
    // refused: a constant of the wrong type
    shout(3);
    // refused: a missing part
    label({ size: 1 });
    // refused: a part of the wrong type
    label({ text: object.size });
    // refused: a part that the task does not have
    label({ text: "a", colour: "red" });
    // refused: one input of a record missing
    enrich({ readings: parse(object) });
    // refused: the inputs of a record exchanged
    enrich({ readings: object.key, site: object.key });
    // refused: a misspelt field of the object
    shout(object.containr);
    // refused: a misspelt field of a value
    shout(header(object).titel);
    // refused: a field of rows
    shout(parse(object).sensor);
    // refused: an item of a list, which only map can give
    shout(header(object).lines[0]);
    // refused: a function as a constant
    anything({ by: () => 1 });
    // refused: map over what is no list
    map(object.key, (item) => shout(item));
    // refused: map over rows
    map(parse(object), () => shout("a"));
    // refused: a map's body that returns rows
    map(header(object).lines, () => parse(object));
    // refused: an item used as another type than the list has
    map(header(object).lines, (item) => label({ text: "a", size: item }));
    // refused: match by a number
    match(object.size, { 1: () => shout("a") });
    // refused: match by a constant
    match("text/csv", { "text/csv": () => shout("a") });
    // refused: a branch that is no function
    match(object.type, { otherwise: shout("a") });
    // refused: what branches of rows and values yield together
    store(match(object.type, { [mime.csv]: () => parse(object), otherwise: () => shout("a") }));
    // refused: points without the name of their measurement
    influxPoints(parse(object), { tags: ["sensor"] });
    // refused: rows that are no complete points, without options
    influxPoints(parse(object));
    // refused: an option that the integrator does not have
    influxPoints(parse(object), { measurement: "m", tag: ["sensor"] });
    // refused: documents without a collection
    mongoDocuments(parse(object), {});
    // refused: a graph made of readings
    neo4jGraph(parse(object));
    // refused: text as a document
    mongoDocuments(object.key, { collection: "texts" });
    // refused: a tag that is no column
    influxPoints(parse(object), { measurement: "m", tags: ["sensors"] });
    // refused: a time that is no column
    influxPoints(parse(object), { measurement: "m", time: "when" });
    // refused: a measurement by what is no column
    influxPoints(parse(object), { measurement: { column: "kind" } });
    // refused: a document's id of what is no column
    mongoDocuments(parse(object), { collection: "readings", id: ["sensor", "when"] });
    // refused: a document's id of what is no field
    mongoDocuments(header(object), { collection: "headers", id: ["name"] });
    // refused: a node's key that is no column
    neo4jNodes(parse(object), { label: "Sensor", key: ["id"] });
    // refused: a node's property that is no column
    neo4jNodes(parse(object), { label: "Sensor", key: ["sensor"], properties: ["values"] });
    // refused: a relation's end by what is no column
    neo4jRelations(parse(object), { type: "IN", from: { label: "Sensor", key: { name: "sensor" } }, to: { label: "Room", key: { name: "room" } } });
    // refused: a relation's property that is no column
    neo4jRelations(parse(object), { type: "AT", from: { label: "S", key: { name: "sensor" } }, to: { label: "T", key: { at: "time" } }, properties: ["at"] });
    neo4jRelations(parse(object), { type: "AT", from: { label: "S", key: { name: "sensor" } }, to: { label: "T", key: { at: "time" } }, properties: ["value"] });
    mongoDocuments(header(object), { collection: "headers", id: ["title"] });
  },
});
