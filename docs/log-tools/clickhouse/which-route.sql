-- Which route leaks?
SELECT
    concat(method, ' ', route) AS route,
    version,
    sinceVersion AS since,
    formatReadableDecimalSize(bytesPerHour) AS perHour,
    round(bytesPerRequest) AS bytesPerRequest,
    concat(toString(round(low)), ' to ', toString(round(high))) AS interval95,
    concat(toString(leaking), ' of ', toString(wouldSee)) AS instances,
    heterogeneous
FROM memprof.leaks
ORDER BY bytesPerHour DESC
LIMIT 10;
