/** The environment without what would load something else into the app, or set memprof up. */
export function cleanEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(NODE_OPTIONS|NODE_V8_COVERAGE|PORT)$/.test(name) && !/^MEMPROF_/i.test(name),
    ),
  )
}
