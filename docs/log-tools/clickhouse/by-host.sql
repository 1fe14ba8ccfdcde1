-- Do the hosts agree?
SELECT
    hostname,
    round(bytesPerRequest) AS bytesPerRequest,
    round(low) AS low,
    round(high) AS high,
    leaking AS instances,
    bar(bytesPerRequest, 0, 3000, 30) AS chart
FROM memprof.pooled
WHERE service = 'shop' AND method = 'GET' AND route = '/search' AND version = '1.4.3' AND hostname != ''
ORDER BY hostname
LIMIT 10;
