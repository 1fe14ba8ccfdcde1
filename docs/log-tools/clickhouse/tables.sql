-- memprof's lines in ClickHouse. Once per server; then let lines come into memprof.input.

CREATE DATABASE IF NOT EXISTS memprof;

-- Lines as text: memprof's, and the app's own between them, which go no further. Keeps nothing itself.
CREATE TABLE IF NOT EXISTS memprof.input (line String) ENGINE = Null;

-- One row per line. What is asked for often is a column, the rest stays in `line`. To forget old ones:
-- ALTER TABLE memprof.lines MODIFY TTL toDateTime(time) + INTERVAL 60 DAY
CREATE TABLE IF NOT EXISTS memprof.lines
(
    time                    DateTime64(3, 'UTC'),
    event                   LowCardinality(String),
    level                   UInt8,
    service                 LowCardinality(String),
    version                 LowCardinality(String),
    hostname                LowCardinality(String),
    instance                String,
    msg                     String CODEC(ZSTD(3)),
    scope                   LowCardinality(String),
    method                  LowCardinality(String),
    route                   LowCardinality(String),
    requests                UInt64,
    p99Ms                   Float64,
    verdict                 LowCardinality(String),
    retainedBytesPerRequest Nullable(Float64),
    ci95                    Array(Float64),
    floorBytesPerRequest    Nullable(Float64),
    rssBytes                UInt64,
    heapUsedBytes           UInt64,
    heapLimitBytes          UInt64,
    liveHeapBytes           Nullable(UInt64),
    secondsToLimit          Nullable(UInt64),
    line                    String CODEC(ZSTD(3))
)
ENGINE = MergeTree
PARTITION BY toMonday(time)
ORDER BY (service, event, route, instance, time);

CREATE MATERIALIZED VIEW IF NOT EXISTS memprof.input_to_lines TO memprof.lines AS
SELECT
    fromUnixTimestamp64Milli(l.time, 'UTC') AS time,
    l.event AS event,
    l.level AS level,
    l.service AS service,
    l.version AS version,
    l.hostname AS hostname,
    l.instance AS instance,
    l.msg AS msg,
    l.scope AS scope,
    l.method AS method,
    l.route AS route,
    l.requests AS requests,
    l.durationMs.p99 AS p99Ms,
    l.verdict AS verdict,
    l.retainedBytesPerRequest AS retainedBytesPerRequest,
    l.ci95 AS ci95,
    l.floorBytesPerRequest AS floorBytesPerRequest,
    l.rssBytes AS rssBytes,
    l.heapUsedBytes AS heapUsedBytes,
    l.heapLimitBytes AS heapLimitBytes,
    l.liveHeapBytes AS liveHeapBytes,
    l.secondsToLimit AS secondsToLimit,
    line
FROM
(
    SELECT
        line,
        JSONExtract(line, 'Tuple(
            time Int64, event String, level UInt8, service String, version String, hostname String,
            instance String, msg String, scope String, method String, route String, requests UInt64,
            durationMs Tuple(p99 Float64), verdict String, retainedBytesPerRequest Nullable(Float64),
            ci95 Array(Float64), floorBytesPerRequest Nullable(Float64), rssBytes UInt64,
            heapUsedBytes UInt64, heapLimitBytes UInt64, liveHeapBytes Nullable(UInt64),
            secondsToLimit Nullable(UInt64))') AS l
    FROM memprof.input
    WHERE JSONExtractString(line, 'name') = 'memprof'
);

-- What each instance says of each route at last: a few rows per instance, whatever its lines.
CREATE TABLE IF NOT EXISTS memprof.newest_states
(
    service   LowCardinality(String),
    version   LowCardinality(String),
    hostname  LowCardinality(String),
    instance  String,
    method    LowCardinality(String),
    route     LowCardinality(String),
    firstTime SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    lastTime  SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    requests  SimpleAggregateFunction(sum, UInt64),
    newest    AggregateFunction(argMaxIf,
                  Tuple(String, Nullable(Float64), Array(Float64), Nullable(Float64)),
                  DateTime64(3, 'UTC'), UInt8)
)
ENGINE = AggregatingMergeTree
ORDER BY (service, method, route, version, hostname, instance);

CREATE MATERIALIZED VIEW IF NOT EXISTS memprof.lines_to_newest TO memprof.newest_states AS
SELECT
    service, version, hostname, instance, method, route,
    min(time) AS firstTime,
    max(time) AS lastTime,
    sum(requests) AS requests,
    argMaxStateIf(
        (toString(verdict), retainedBytesPerRequest, ci95, floorBytesPerRequest),
        time, verdict != '') AS newest
FROM memprof.lines
WHERE event = 'route'
GROUP BY service, version, hostname, instance, method, route;

CREATE VIEW IF NOT EXISTS memprof.newest AS
SELECT
    service, version, hostname, instance, method, route,
    min(firstTime) AS firstTime,
    max(lastTime) AS lastTime,
    sum(requests) AS requests,
    argMaxIfMerge(newest) AS said,
    said.1 AS verdict,
    said.2 AS retainedBytesPerRequest,
    said.3 AS ci95,
    said.4 AS floorBytesPerRequest
FROM memprof.newest_states
GROUP BY service, version, hostname, instance, method, route;

-- The estimates of many instances as one: over all versions, per version, and per version and host.
CREATE VIEW IF NOT EXISTS memprof.pooled AS
WITH
judged AS
(
    SELECT
        *,
        verdict = 'leaking' AND retainedBytesPerRequest IS NOT NULL AND length(ci95) = 2 AS leaks,
        verdict IN ('steady', 'plateaued') AND floorBytesPerRequest IS NOT NULL AS keepsNothing
    FROM memprof.newest
    WHERE lastTime > (SELECT max(lastTime) FROM memprof.newest_states) - INTERVAL 7 DAY
),
estimates AS
(
    -- Of the instances that call it leaking; each counts by the inverse of its variance.
    SELECT
        service, version, method, route, hostname,
        ['host', 'version', 'all'][1 + grouping(version) + grouping(hostname)] AS per,
        countIf(leaks) AS leaking,
        groupArrayIf(assumeNotNull(retainedBytesPerRequest), leaks) AS bytes,
        groupArrayIf(pow(3.92 / greatest(abs(ci95[2] - ci95[1]), 1), 2), leaks) AS weights,
        groupArrayIf(assumeNotNull(floorBytesPerRequest), keepsNothing) AS floors,
        sumIf(j.requests, leaks) AS requestsOfLeaking,
        min(j.firstTime) AS since,
        max(j.lastTime) AS until
    FROM judged AS j
    GROUP BY GROUPING SETS
        ((service, method, route), (service, version, method, route),
         (service, version, method, route, hostname))
    HAVING leaking > 0
)
SELECT
    per, service, version, method, route, hostname, since, until, leaking,
    arraySum(weights) AS weight,
    arraySum((w, y) -> w * y, weights, bytes) / weight AS fixedMean,
    leaking - 1 AS degreesOfFreedom,
    -- Cochran's Q, I^2, and the variance between instances by DerSimonian and Laird.
    if(leaking = 1, 0, arraySum((w, y) -> w * pow(y - fixedMean, 2), weights, bytes)) AS q,
    greatest(0, q - degreesOfFreedom) AS excess,
    if(excess > 0, excess / q, 0) AS iSquared,
    if(excess > 0, excess / (weight - arraySum(w -> w * w, weights) / weight), 0) AS tauSquared,
    -- Q against chi-squared at 5 %, by the cube root of Wilson and Hilferty.
    2 / (9 * greatest(degreesOfFreedom, 1)) AS cubeVariance,
    leaking > 1 AND (cbrt(q / degreesOfFreedom) - 1 + cubeVariance) / sqrt(cubeVariance) > 1.645
        AS heterogeneous,
    arrayMap(w -> 1 / (1 / w + tauSquared), weights) AS pooledWeights,
    arraySum(pooledWeights) AS pooledWeight,
    arraySum((w, y) -> w * y, pooledWeights, bytes) / pooledWeight AS bytesPerRequest,
    bytesPerRequest - 1.96 / sqrt(pooledWeight) AS low,
    bytesPerRequest + 1.96 / sqrt(pooledWeight) AS high,
    -- Instances whose floor is below the leak would have seen it.
    leaking + arrayCount(floor -> floor <= bytesPerRequest, floors) AS wouldSee,
    requestsOfLeaking / greatest((toFloat64(until) - toFloat64(since)) / 3600, 1) AS requestsPerHour,
    bytesPerRequest * requestsPerHour AS bytesPerHour
FROM estimates;

-- The leaks of the fleet by the bytes they take per hour. What few of those say who would have seen
-- it is a wrong verdict.
CREATE VIEW IF NOT EXISTS memprof.leaks AS
SELECT
    service, method, route, version,
    argMin(version, since) OVER (PARTITION BY service, method, route) AS sinceVersion,
    leaking, wouldSee, bytesPerRequest, low, high, heterogeneous,
    requestsPerHour, bytesPerHour
FROM memprof.pooled
WHERE per = 'version' AND leaking * 2 >= wouldSee
ORDER BY bytesPerHour DESC;
