// Node-RED as the benchmark runs it: no editor, no metrics, the same contract checked by ajv, compiled once.
const fs = require("node:fs")
const path = require("node:path")
const home = process.env.BENCH_NODE_RED
const Ajv = require(path.join(home, "node_modules", "ajv", "dist", "2020"))
const schema = JSON.parse(fs.readFileSync(process.env.BENCH_CONTRACT, "utf8"))
const ajv = new Ajv({ strict: false, formats: { "date-time": true } })

const context = { valid: ajv.compile(schema), map: require(process.env.BENCH_MAPPING) }
if (process.env.BENCH_STORE) {
  const Database = require(path.join(home, "node_modules", "better-sqlite3"))
  const store = new Database(process.env.BENCH_STORE)
  store.pragma("journal_mode = WAL")
  store.pragma("synchronous = FULL")
  store.exec("CREATE TABLE incoming (number TEXT PRIMARY KEY, body TEXT NOT NULL)")
  const insert = store.prepare("INSERT INTO incoming VALUES (?, ?)")
  context.store = (number, body) => insert.run(number, body)
}

module.exports = {
  uiHost: "127.0.0.1",
  uiPort: Number(process.env.BENCH_PORT),
  httpAdminRoot: false,
  disableEditor: true,
  flowFile: process.env.BENCH_FLOWS,
  credentialSecret: "benchmark",
  functionGlobalContext: context,
  logging: { console: { level: "error", metrics: false, audit: false } },
}
