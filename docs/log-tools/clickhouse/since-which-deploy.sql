-- Since which deploy does GET /search leak?
SELECT
    n.version AS version,
    min(n.firstTime) AS firstSeen,
    countIf(n.verdict = 'leaking') AS leaking,
    countIf(n.verdict IN ('steady', 'plateaued')) AS keepsNothing,
    round(quantileIf(0.5)(n.floorBytesPerRequest, n.verdict IN ('steady', 'plateaued'))) AS medianFloor,
    round(any(p.bytesPerRequest)) AS bytesPerRequest,
    round(any(p.low)) AS low,
    round(any(p.high)) AS high
FROM memprof.newest AS n
LEFT JOIN memprof.pooled AS p
    ON p.service = n.service AND p.version = n.version AND p.method = n.method
    AND p.route = n.route AND p.per = 'version'
WHERE n.service = 'shop' AND n.method = 'GET' AND n.route = '/search'
GROUP BY version
ORDER BY firstSeen
SETTINGS join_use_nulls = 1;
