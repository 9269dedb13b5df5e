// Evaluates lines of {"expression", "data", "variables"} with the npm package "jsonata"; answers each with a line of
// {"value"} (absent if undefined) or {"error": code}, and "changed" if the evaluation changed its own input. The package
// is found through NODE_PATH.
const jsonata = require("jsonata");
const readline = require("readline");

const limit = (promise) => Promise.race([promise, new Promise((done) => setTimeout(done, 2000, "timeout"))]);

async function answer(line) {
  const { expression, data, variables } = JSON.parse(line);
  const before = JSON.stringify(data);
  try {
    const compiled = jsonata(expression, { timeout: 1500, stack: 500 });
    const value = await limit(compiled.evaluate(data === null ? undefined : data.document, variables || {}));
    return JSON.stringify(data) === before ? { value } : { value, changed: true };
  } catch (error) {
    return { error: error.code || "JS " + (error.message || error) };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const result = await answer(line);
    let text;
    try {
      text = JSON.stringify(result);
    } catch (error) {
      text = JSON.stringify({ error: "JS " + error.message });
    }
    process.stdout.write(text + "\n");
  }
})();
