/**
 * Every number that a verdict depends on: its value, what it means, and how it was chosen.
 *
 * "Derived" names what the value follows from. "Tuned" means found by trying, until the corpus
 * (`npm run bench:leaks`) and the drawn apps (`node dist/test/run.js error-rates`) had every planted leak
 * found and nobody else blamed. What becomes of those two error rates at 0.8 and at 1.25 times each
 * value: `npm run bench:sensitivity`, printed in docs/method.md.
 *
 * Data, so that a verdict can be drawn with other values: `judge` takes a table and passes it down.
 */
export const THRESHOLDS = {
  /** docs/method.md, "What counts as a leak". */
  leak: {
    /** Readings before a verdict. Derived: two of warm-up, then two for each third of the growth. */
    minReadings: 8,
    /**
     * Share of the requests so far that counts as warm-up: lazily loaded code, inline caches, pools.
     * Tuned.
     */
    warmUpShare: 0.15,
    /** Requests of a route during the observation below which nothing is said of it. Tuned. */
    minRequests: 30,
    /** Samples that a leak stands for, at least. Derived from `minScore`: the root of 7 is 2.65. */
    minSamples: 7,
    /**
     * Growth over its standard deviation by sampling alone, at least. Derived: chance exceeds 2.58 once
     * in 200 times (normal distribution, one-sided).
     */
    minScore: 2.6,
    /**
     * Readings over which the growth came, at least, by their effective number: code that is compiled
     * comes at once. Derived from recorded observations: compiled code had 1.0 and 1.5, leaks 3.7 and
     * more.
     */
    minSpreadReadings: 2.5,
    /**
     * Bytes that V8 compiles of an app, over those of machine code: data of deoptimisation, feedback,
     * tables of lines, maps. Derived: `node dist/benchmarks/leaks/compiled.js`.
     */
    compiledPerCode: 2.5,
    /**
     * Growth rate of the last third over the mean rate, at least, one standard deviation allowed. Tuned:
     * a cache that is full has 0, a leak 1.
     */
    minLastThirdShare: 0.5,
    /** Readings below which an observation is short: a cache may still be filling. Tuned. */
    shortReadings: 16,
    /** The share asked of the last third while the observation is short. Tuned. */
    minLastThirdShareShort: 0.75,
    /** The standard deviations allowed to the last third while the observation is short. Tuned. */
    lastThirdDoubtShort: 0.5,
    /** Of what was born early, this share lives on in a leak. Tuned: a leak loses nothing, 1. */
    minSurvival: 0.6,
    /** Samples of a cohort, at least, for its survival to be told. Tuned. */
    minCohortSamples: 4,
    /** Bytes per request below which a leak is not told from V8's own housekeeping. Tuned. */
    minBytesPerRequest: 24,
    /** Growth of the requests in flight, as a share of those that ended, that may explain growth. Tuned. */
    maxInFlightShare: 0.1,
    /**
     * Bytes that an open connection may keep: a session, a window of its requests, Node's own state.
     * Tuned; 32 KiB.
     */
    maxBytesPerConnection: 32_768,
    /** Share of a leak's bytes under labels from which its attribution is direct. Derived: most. */
    minDirectShare: 0.5,
  },

  /** docs/method.md, "What counts as a leak": the backing stores of containers. */
  tables: {
    /**
     * Large objects, at least, for them to be what is kept, rather than a few tables. Derived: the
     * samples of a leak, `minSamples`.
     */
    minKeptObjects: 7,
    /**
     * Readings over which those came, at least, by their effective number. Tuned: of tables only those
     * made at the last doublings live.
     */
    minKeptReadings: 4,
  },

  /** docs/method.md, "Whose bytes": rhythm. Log odds are natural logarithms. */
  owner: {
    /** Log odds over the next best candidate from which an owner is believed. Derived: 12 to 1. */
    minLogOdds: 2.5,
    /**
     * How many times more than single samples the births may scatter around the best candidate, for a
     * route to be believed by its rhythm alone. Tuned.
     */
    maxDispersion: 3,
    /** Share of the mean rate that every window is granted: requests end after they allocate. Tuned. */
    smoothing: 0.05,
    /** Log odds for routes under whose label the code was seen, if these are few of many. Tuned. */
    seenLogOdds: 4,
    /** Log odds for a route whose finished requests stay alive. Tuned. */
    keptLogOdds: 4,
    /** Log odds for the middleware under whose label it was allocated: a route may keep it. Tuned. */
    layerLogOdds: 1,
    /** Log odds for time: where both fit, a route is the better guess. Tuned. */
    timeLogOdds: -1,
    /** Log odds for time where timers call what no route was seen to call: an interval. Tuned. */
    timerLogOdds: 5,
    /**
     * Log odds for all requests together: what each of them pays is allocated under the label of the
     * server or of a middleware, seldom after an await alone. Tuned.
     */
    allLogOdds: -6,
    /** Finished requests that were watched, at least, for the share of them that stays to be told. Tuned. */
    minWatchedRequests: 10,
    /** Of the watched requests more than this share lives in a route that keeps them. Derived: most. */
    minKeptShare: 0.5,
  },

  /** docs/method.md, "Whose bytes": outcomes. */
  outcome: {
    /**
     * Log odds over all requests alike from which one outcome is said to pay. Derived: 100 to 1, which
     * chance shows once in 100 times at most, however often it is asked (Ville's inequality).
     */
    minLogOdds: 4.6,
    /** Requests that ended so, at least. Tuned. */
    minRequests: 8,
    /** Where more of them end so, it makes no difference. Tuned. */
    maxShare: 0.9,
    /** Share of the bytes that others pay for, at most: as it is likeliest, and as it may be. Tuned. */
    maxLikelyOthers: 0.15,
    maxOthers: 0.5,
  },

  /** docs/method.md, "Whose bytes": tracing. */
  trace: {
    /** Executions, or entries added, from which a trace tells whose they are. Tuned. */
    minSeen: 20,
    /** A smaller share is somebody's odd execution, and no leak of theirs. Tuned. */
    minShare: 0.03,
    /**
     * Executions expected of a route by its requests, at least, for it to say something that none was
     * seen. Derived: chance shows none of 5 once in 150 times (Poisson distribution).
     */
    minExpected: 5,
    /** Of what the containers grew by, at least this share is of those that run the function. Derived: most. */
    minKnownShare: 0.5,
    /** Share of a leak's bytes under labels or traced from which its attribution is traced. Derived: most. */
    minTracedShare: 0.5,
  },

  /** docs/method.md, "The books". */
  books: {
    /** Growth that nobody was found for, at least, for the heap to grow: what any heap does. Tuned; 256 KiB. */
    minOpenBytes: 262_144,
    /** The same as a share of the live heap. Tuned. */
    minOpenShare: 0.01,
    /** Each half of what it is measured over brings at least this share of its due. Tuned. */
    minHalfShare: 0.5,
    /** What memprof itself keeps, by its samples, is off by this much, relative. Derived from recorded runs. */
    ownBiasSd: 0.2,
    /** What may hide in a route, over what would be seen of it, at most, for a verdict. Tuned. */
    maxHidden: 2,
  },

  /** docs/method.md, "Whose bytes": functions that grow alike under several routes. */
  sharing: {
    /** Samples a route should show of a shared function before its share is compared. Tuned. */
    minSamples: 5,
    /** A route's bytes per request over those of all, at least; at most its inverse. Tuned. */
    minRatio: 0.4,
    /** Routes that are alike, at least. Tuned: two leaks of one helper are two leaks. */
    minRoutes: 3,
  },

  /** docs/method.md, "How many bytes". */
  calibration: {
    /**
     * Bias of a site's sampled size, relative standard deviation. Derived: the sampled bytes of the
     * corpus's leaks over their truth.
     */
    biasSd: 0.4,
    /**
     * Of entries that several routes add to one container each weighs as much, but for this, relative
     * standard deviation. Tuned.
     */
    partSd: 0.2,
    /** Of what else was sampled, this much is real on average. Tuned: what is small is short-lived. */
    backgroundFactor: 0.8,
    /** Doubt of the background's growth, relative. Derived: half of `biasSd`, biases even out in part. */
    backgroundBiasSd: 0.2,
    /** Of what memprof itself keeps by its samples, this much is real. Tuned. */
    ownFactor: 0.9,
    /** Bytes by which the live heap moves between readings for no known reason. Tuned; 24 KiB. */
    minNoiseBytes: 24_576,
    /** What the model leaves out, relative: tables that double, code flushed or compiled anew. Tuned. */
    modelSd: 0.04,
    /**
     * Height of the step that memprof's own work leaves, standard deviation: this share of what was
     * sampled of the work, plus so many bytes (64 KiB). Tuned on small leaks of the corpus.
     */
    stepSdShare: 0.2,
    stepSdBytes: 65_536,
    /**
     * Factor on the noise, as readings depend on each other: what the heap holds for a while shows in
     * several of them. Tuned: 95 % of the intervals hold the truth.
     */
    correlation: 2,
    /**
     * Of what was sampled of a leak, at least this much is real. Derived: V8 counts some of it twice or
     * so, and 1 / 4 is twice twice.
     */
    minRealShare: 0.25,
  },

  /** docs/method.md, "How many bytes": buffers and native memory. */
  offHeap: {
    /** Samples of wrappers, at least, of a payer that keeps buffers. Tuned. */
    minWrapperSamples: 4,
    /**
     * A buffer's wrapper weighs less than this share of the buffer. Derived: a wrapper weighs a hundred
     * bytes or two, buffers that leak some kB.
     */
    maxWrapperShare: 0.1,
    /** Growth of all ArrayBuffers below this many bytes is pools and sockets. Tuned; 256 KiB. */
    minBufferBytes: 262_144,
    /** Growth rate of each third over the mean rate, at least. Tuned. */
    minThirdShare: 0.5,
    /** Bytes, and share of rss, by which rss moves by itself: fragmentation, arenas. Tuned; 48 MiB. */
    minNativeBytes: 50_331_648,
    minNativeShare: 0.2,
    /** Readings before a word is said of native memory: fragmentation grows for minutes. Tuned. */
    minNativeReadings: 20,
    /** Factor on both sides of the native rate. Tuned: fragmentation has no noise to derive it from. */
    nativeDoubt: 2,
  },

  /** docs/method.md, "How many bytes": the heap after the process's own major GCs alone. */
  heapOnly: {
    /** Major GCs before a word is said. Tuned. */
    minPoints: 12,
    /** Growth below this share of the heap is what any heap does between major GCs. Tuned. */
    minGrowthShare: 0.05,
    /** Growth rate of each third over the mean rate, at least. Tuned. */
    minThirdShare: 0.5,
  },
}

type Table = typeof THRESHOLDS

export type Thresholds = {
  readonly [Group in keyof Table]: { readonly [Name in keyof Table[Group]]: number }
}
