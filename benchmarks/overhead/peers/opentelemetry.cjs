// Traces of http and Express; nothing is exported.
const { NodeSDK } = require('@opentelemetry/sdk-node')
const { tracing } = require('@opentelemetry/sdk-node')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express')

// Spans are made and ended, then dropped: without a processor they would not be recorded.
const nowhere = { export: (spans, done) => done({ code: 0 }), shutdown: async () => {} }
new NodeSDK({
  spanProcessors: [new tracing.BatchSpanProcessor(nowhere)],
  instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation()],
}).start()
