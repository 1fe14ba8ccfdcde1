-- Live heap over the days, mean per process.
SELECT
    time_bucket(INTERVAL 12 HOUR, time) AS half,
    arg_max(version, time) AS newest,
    round(avg(liveHeapBytes) / 1e6)::INT AS meanLiveMb,
    bar(meanLiveMb, 0, 800, 40) AS chart
FROM lines
WHERE event = 'process' AND service = 'shop'
GROUP BY half
ORDER BY half;
