// Its defaults, with sending off.
require('elastic-apm-node').start({
  disableSend: true,
  logLevel: 'off',
  cloudProvider: 'none',
  centralConfig: false,
})
