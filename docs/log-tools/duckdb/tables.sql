-- memprof's lines in DuckDB: views over the files, nothing to load. The files may be gzipped, and may
-- hold the app's own lines between memprof's.

CREATE OR REPLACE VIEW lines AS
SELECT * REPLACE (make_timestamp(time * 1000) AS time)
FROM read_json('logs/*.ndjson',
    format = 'newline_delimited',
    ignore_errors = true,
    maximum_object_size = 8388608,
    columns = {
        name: 'VARCHAR', time: 'BIGINT', event: 'VARCHAR', level: 'INTEGER', service: 'VARCHAR',
        version: 'VARCHAR', hostname: 'VARCHAR', instance: 'VARCHAR', msg: 'VARCHAR',
        scope: 'VARCHAR', method: 'VARCHAR', route: 'VARCHAR', requests: 'BIGINT', durationMs: 'JSON',
        verdict: 'VARCHAR', retainedBytesPerRequest: 'DOUBLE', ci95: 'DOUBLE[]',
        floorBytesPerRequest: 'DOUBLE', rssBytes: 'BIGINT', heapUsedBytes: 'BIGINT',
        heapLimitBytes: 'BIGINT', liveHeapBytes: 'BIGINT', secondsToLimit: 'BIGINT'
    })
WHERE name = 'memprof';

-- What each instance says of each route at last.
CREATE OR REPLACE VIEW newest AS
SELECT
    service, version, hostname, instance, method, route,
    min(time) AS firstTime,
    max(time) AS lastTime,
    sum(requests) AS requests,
    arg_max({verdict: verdict, bytes: retainedBytesPerRequest, ci95: ci95, floor: floorBytesPerRequest}, time)
        FILTER (WHERE verdict IS NOT NULL) AS said
FROM lines
WHERE event = 'route'
GROUP BY ALL;

-- The estimates of many instances as one: over all versions, per version, and per version and host.
CREATE OR REPLACE VIEW pooled AS
WITH
judged AS
(
    SELECT
        * EXCLUDE (said),
        said.bytes AS bytes,
        said.ci95 AS ci95,
        said.floor AS floor,
        coalesce(said.verdict = 'leaking' AND said.bytes IS NOT NULL AND len(said.ci95) = 2, false) AS leaks,
        coalesce(said.verdict IN ('steady', 'plateaued') AND said.floor IS NOT NULL, false) AS keepsNothing
    FROM newest
    WHERE lastTime > (SELECT max(lastTime) FROM newest) - INTERVAL 7 DAY
),
estimates AS
(
    -- Of the instances that call it leaking; each counts by the inverse of its variance.
    SELECT
        service, coalesce(version, '') AS version, method, route, coalesce(hostname, '') AS hostname,
        ['host', 'version', 'all'][1 + grouping(version) + grouping(hostname)] AS per,
        count(*) FILTER (WHERE leaks) AS leaking,
        list({y: bytes, w: pow(3.92 / greatest(abs(ci95[2] - ci95[1]), 1), 2)} ORDER BY instance)
            FILTER (WHERE leaks) AS found,
        list(floor) FILTER (WHERE keepsNothing) AS floors,
        sum(requests) FILTER (WHERE leaks) AS requestsOfLeaking,
        min(firstTime) AS since,
        max(lastTime) AS until
    FROM judged
    GROUP BY GROUPING SETS
        ((service, method, route), (service, version, method, route),
         (service, version, method, route, hostname))
    HAVING leaking > 0
),
-- A step each: what a lambda refers to would else be worked out anew for every instance.
means AS
(
    SELECT
        *,
        list_sum(list_transform(found, lambda e: e.w)) AS weight,
        list_sum(list_transform(found, lambda e: e.w * e.y)) / weight AS fixedMean
    FROM estimates
),
-- Cochran's Q, I^2, and the variance between instances by DerSimonian and Laird.
spreads AS
(
    SELECT
        *,
        leaking - 1 AS degreesOfFreedom,
        CASE WHEN leaking = 1 THEN 0
             ELSE list_sum(list_transform(found, lambda e: e.w * pow(e.y - fixedMean, 2))) END AS q,
        greatest(0, q - degreesOfFreedom) AS excess,
        CASE WHEN excess > 0 THEN excess / q ELSE 0 END AS iSquared,
        CASE WHEN excess > 0
             THEN excess / (weight - list_sum(list_transform(found, lambda e: e.w * e.w)) / weight)
             ELSE 0 END AS tauSquared
    FROM means
),
merged AS
(
    SELECT
        *,
        -- Q against chi-squared at 5 %, by the cube root of Wilson and Hilferty.
        2 / (9 * greatest(degreesOfFreedom, 1)) AS cubeVariance,
        leaking > 1 AND (cbrt(q / degreesOfFreedom) - 1 + cubeVariance) / sqrt(cubeVariance) > 1.645
            AS heterogeneous,
        list_sum(list_transform(found, lambda e: 1 / (1 / e.w + tauSquared))) AS pooledWeight,
        list_sum(list_transform(found, lambda e: e.y / (1 / e.w + tauSquared))) / pooledWeight
            AS bytesPerRequest,
        requestsOfLeaking / greatest(epoch_ms(until) / 3.6e6 - epoch_ms(since) / 3.6e6, 1)
            AS requestsPerHour
    FROM spreads
)
SELECT
    * EXCLUDE (found, floors, requestsOfLeaking),
    bytesPerRequest - 1.96 / sqrt(pooledWeight) AS low,
    bytesPerRequest + 1.96 / sqrt(pooledWeight) AS high,
    -- Instances whose floor is below the leak would have seen it.
    leaking + len(list_filter(coalesce(floors, []), lambda floor: floor <= bytesPerRequest)) AS wouldSee,
    bytesPerRequest * requestsPerHour AS bytesPerHour
FROM merged;

-- The leaks of the fleet by the bytes they take per hour. What few of those say who would have seen
-- it is a wrong verdict.
CREATE OR REPLACE VIEW leaks AS
SELECT
    service, method, route, version,
    arg_min(version, since) OVER (PARTITION BY service, method, route) AS sinceVersion,
    leaking, wouldSee, bytesPerRequest, low, high, heterogeneous,
    requestsPerHour, bytesPerHour
FROM pooled
WHERE per = 'version' AND leaking * 2 >= wouldSee
ORDER BY bytesPerHour DESC;
