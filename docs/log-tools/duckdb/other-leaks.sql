-- Leaks that belong to no route: of every route alike, or of the process.
SELECT service, version, scope, count(DISTINCT instance) AS instances, max(msg) AS example
FROM lines
WHERE event = 'leak' AND scope != 'route'
GROUP BY service, version, scope
ORDER BY instances DESC;
