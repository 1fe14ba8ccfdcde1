-- How long until the limit? The instances that run now, soonest first.
SELECT
    hostname,
    instance,
    arg_max(version, time) AS version,
    round(arg_max(heapUsedBytes, time) / 1e6)::INT AS heapUsedMb,
    round(arg_max(heapLimitBytes, time) / 1e6)::INT AS heapLimitMb,
    round(arg_max(secondsToLimit, time) / 3600.0, 1) AS hoursToLimit
FROM lines
WHERE event = 'process' AND time > (SELECT max(time) FROM lines) - INTERVAL 1 HOUR
GROUP BY ALL
HAVING hoursToLimit IS NOT NULL
ORDER BY hoursToLimit
LIMIT 10;
