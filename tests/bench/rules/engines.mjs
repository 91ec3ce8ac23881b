// The same 50 thresholds in two rule engines of npm: decisions a second, one line of JSON a engine.
//   node engines.mjs MODULES SECONDS
import { createRequire } from "node:module";
import path from "node:path";

const [modules, seconds] = [process.argv[2], Number(process.argv[3] ?? 3)];
const need = createRequire(path.join(path.resolve(modules), "x.js"));

// The readings of rules.cpp: a walk between 30 and 170.
function* walk() {
  let state = 12345n;
  let value = 80;
  for (;;) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    value += Number((state >> 33n) % 7n) - 3;
    value = Math.min(170, Math.max(30, value));
    yield value;
  }
}
const values = [];
for (const value of walk()) {
  values.push(value);
  if (values.length === 4096) break;
}
const limits = Array.from({ length: 50 }, (_, i) => 31 + 2 * i);

async function measure(name, version, decide) {
  let told = 0;
  for (let i = 0; i < 200; ++i) told += await decide(values[i % values.length]);
  const begin = process.hrtime.bigint();
  let readings = 0;
  while (Number(process.hrtime.bigint() - begin) < seconds * 1e9) {
    for (let i = 0; i < 50; ++i) told += await decide(values[readings++ % values.length]);
  }
  const ns = Number(process.hrtime.bigint() - begin) / readings;
  console.log(JSON.stringify({ engine: name, version, ns_per_reading: ns, told }));
}

{
  const { Engine } = need("json-rules-engine");
  const engine = new Engine([], { allowUndefinedFacts: true });
  for (const limit of limits) {
    engine.addRule({
      conditions: { all: [{ fact: "heart_rate", operator: "lessThan", value: limit }] },
      event: { type: `below_${limit}` },
    });
  }
  await measure("json-rules-engine", need("json-rules-engine/package.json").version,
    async (heart_rate) => (await engine.run({ heart_rate })).events.length);
}

{
  // A decision table that collects every line that holds.
  const { ZenEngine } = need("@gorules/zen-engine");
  const table = {
    nodes: [
      { id: "in", type: "inputNode", name: "in", position: { x: 0, y: 0 } },
      {
        id: "table", type: "decisionTableNode", name: "table", position: { x: 1, y: 0 },
        content: {
          hitPolicy: "collect",
          inputs: [{ id: "hr", name: "hr", field: "heart_rate" }],
          outputs: [{ id: "told", name: "told", field: "told" }],
          rules: limits.map((limit) => ({ _id: `r${limit}`, hr: `< ${limit}`, told: String(limit) })),
        },
      },
      { id: "out", type: "outputNode", name: "out", position: { x: 2, y: 0 } },
    ],
    edges: [
      { id: "a", sourceId: "in", targetId: "table", type: "edge" },
      { id: "b", sourceId: "table", targetId: "out", type: "edge" },
    ],
  };
  const engine = new ZenEngine();
  const decision = engine.createDecision(table);
  await measure("@gorules/zen-engine", need("@gorules/zen-engine/package.json").version,
    async (heart_rate) => (await decision.evaluate({ heart_rate })).result.length);
  engine.dispose();
}
