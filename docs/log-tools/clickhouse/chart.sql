-- Live heap over the days, mean per process.
SELECT
    toStartOfInterval(time, INTERVAL 12 HOUR) AS half,
    argMax(version, time) AS newest,
    round(avg(liveHeapBytes) / 1e6) AS meanLiveMb,
    bar(meanLiveMb, 0, 800, 40) AS chart
FROM memprof.lines
WHERE event = 'process' AND service = 'shop'
GROUP BY half
ORDER BY half;
