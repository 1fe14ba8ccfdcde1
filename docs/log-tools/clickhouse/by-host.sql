-- Do the hosts agree?
SELECT
    hostname,
    round(bytesPerRequest) AS bytesPerRequest,
    round(low) AS low,
    round(high) AS high,
    leaking AS instances,
    bar(bytesPerRequest, 0, 3000, 30) AS chart
FROM memprof.pooled
WHERE per = 'host' AND service = 'shop' AND version = '1.4.3' AND method = 'GET' AND route = '/search'
ORDER BY hostname
LIMIT 10;
