/** This copy's version, from its own package.json: three levels above dist/lib/config. */
export const PACKAGE_VERSION: string = (require('../../../package.json') as { version: string })
  .version
