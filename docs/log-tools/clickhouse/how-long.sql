-- How long until the limit? The instances that run now, soonest first.
SELECT
    hostname,
    instance,
    argMax(version, time) AS version,
    formatReadableDecimalSize(argMax(heapUsedBytes, time)) AS heapUsed,
    formatReadableDecimalSize(argMax(heapLimitBytes, time)) AS heapLimit,
    argMax(secondsToLimit, time) AS seconds,
    formatReadableTimeDelta(assumeNotNull(seconds), 'hours') AS untilLimit
FROM memprof.lines
WHERE event = 'process' AND time > (SELECT max(time) FROM memprof.lines) - INTERVAL 1 HOUR
GROUP BY hostname, instance
HAVING seconds IS NOT NULL
ORDER BY seconds
LIMIT 10;
