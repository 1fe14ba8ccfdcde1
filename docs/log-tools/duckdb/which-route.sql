-- Which route leaks?
SELECT
    method || ' ' || route AS route,
    version,
    sinceVersion AS since,
    round(bytesPerHour / 1e6, 1) AS mbPerHour,
    round(bytesPerRequest)::INT AS bytesPerRequest,
    round(low)::INT || ' to ' || round(high)::INT AS interval95,
    leaking || ' of ' || wouldSee AS instances,
    heterogeneous
FROM leaks
ORDER BY bytesPerHour DESC
LIMIT 10;
