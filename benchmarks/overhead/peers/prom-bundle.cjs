// A histogram of durations by method, path and status, as the README of express-prom-bundle shows it.
module.exports = require('express-prom-bundle')({ includeMethod: true, includePath: true })
