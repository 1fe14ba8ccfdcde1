-- Since which deploy does GET /search leak?
SELECT
    n.version,
    min(n.firstTime) AS firstSeen,
    count(*) FILTER (WHERE n.said.verdict = 'leaking') AS leaking,
    count(*) FILTER (WHERE n.said.verdict IN ('steady', 'plateaued')) AS keepsNothing,
    median(n.said.floor) FILTER (WHERE n.said.verdict IN ('steady', 'plateaued')) AS medianFloor,
    round(any_value(p.bytesPerRequest))::INT AS bytesPerRequest,
    round(any_value(p.low))::INT AS low,
    round(any_value(p.high))::INT AS high
FROM newest n
LEFT JOIN pooled p
    ON p.service = n.service AND p.version = n.version AND p.method = n.method
    AND p.route = n.route AND p.per = 'version'
WHERE n.service = 'shop' AND n.method = 'GET' AND n.route = '/search'
GROUP BY n.version
ORDER BY firstSeen;
